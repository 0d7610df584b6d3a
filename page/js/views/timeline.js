// A timeline: what happened in a session or with a task, newest first, read page by page and continued by events.

import { app } from "../app.js";
import { moment, fullMoment } from "../ui/clock.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

const PAGE = 50;
// Entries held in the page; older ones are read again when asked for.
const HELD = 1000;

const LOOKS = {
  session_started: ["play", "running"], session_stopped: ["stop", "quiet"], milestone: ["idle", "running"], task_started: ["play", "running"],
  task_completed: ["done", "done"], task_failed: ["failed", "failed"], task_skipped: ["skipped", "quiet"], task_blocked: ["blocked", "waiting"],
  progress: ["idle", "quiet"], needs_input: ["question", "waiting"], error: ["failed", "failed"],
};

export class Timeline {
  // `about` is {sessionId} or {taskId}.
  constructor(about) {
    this.about = about;
    this.seen = new Set();
    this.list = h("ol", { class: "timeline" });
    this.more = h("button", { class: "button small", hidden: true, onclick: () => this.#older() }, "Earlier");
    this.note = h("p", { class: "muted" }, "Reading…");
    this.element = h("div", { class: "timeline-box" }, this.list, this.note, this.more);
    this.#older();
  }

  // An event of the daemon; those about something else are left alone.
  take(event) {
    if (event.type !== "timeline.added" || !this.#concerns(event.data)) return;
    this.#add([event.data], true);
    while (this.list.children.length > HELD) this.list.lastChild.remove();
  }

  #concerns(entry) {
    return this.about.sessionId ? entry.sessionId === this.about.sessionId : entry.taskId === this.about.taskId;
  }

  async #older() {
    this.more.disabled = true;
    try {
      const page = await app.read("session.timeline", { ...this.about, backward: true, limit: PAGE, ...(this.cursor ? { cursor: this.cursor } : {}) });
      this.cursor = page.nextCursor;
      this.#add((page.items ?? []).sort((a, b) => b.seq - a.seq), false);
      this.more.hidden = !page.nextCursor;
      this.note.textContent = this.list.children.length === 0 ? "Nothing has happened yet." : "";
    } catch (error) {
      this.note.textContent = error.message;
    }
    this.more.disabled = false;
  }

  #add(entries, first) {
    for (const entry of entries) {
      if (this.seen.has(entry.id)) continue;
      this.seen.add(entry.id);
      this.list[first ? "prepend" : "append"](line(entry));
    }
    if (entries.length > 0) this.note.textContent = "";
  }
}

function line(entry) {
  const [name, tone] = LOOKS[entry.type] ?? ["idle", "quiet"];
  const [first, ...rest] = (entry.message || entry.type.replaceAll("_", " ")).split("\n");
  return h("li", { class: "entry" },
    h("span", { class: `sign tone-${tone}` }, icon(name)),
    h("div", { class: "grow" }, h("span", { class: "what" }, h("span", { class: "sr" }, `${entry.type.replaceAll("_", " ")}: `), first), rest.length > 0 && h("pre", {}, rest.join("\n"))),
    h("time", { title: fullMoment(entry.timestamp) }, moment(entry.timestamp)));
}
