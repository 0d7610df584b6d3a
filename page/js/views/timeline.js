// A timeline of a session, a task or a whole tree: newest first, read page by page and extended by events.

import { app } from "../app.js";
import { moment, fullMoment } from "../ui/clock.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

const PAGE = 50;
// Maximum entries in the page; older ones are read again on request.
const HELD = 1000;

export const ENTRY_LOOKS = {
  session_started: ["play", "running"], session_stopped: ["stop", "quiet"], milestone: ["idle", "running"], task_started: ["play", "running"],
  task_completed: ["done", "done"], task_failed: ["failed", "failed"], task_skipped: ["skipped", "quiet"], task_blocked: ["blocked", "waiting"],
  progress: ["idle", "quiet"], needs_input: ["question", "waiting"], error: ["failed", "failed"],
};

export class Timeline {
  // `abouts` are {sessionId} or {taskId}, one per timeline to show; `concerns(entry)` says which new entries belong here.
  constructor(abouts, concerns) {
    this.sources = abouts.map((about) => ({ about, cursor: null, done: false }));
    this.concerns = concerns;
    this.several = abouts.length > 1;
    this.seen = new Set();
    this.list = h("ol", { class: "timeline" });
    this.more = h("button", { class: "button small", hidden: true, onclick: () => this.#older() }, "Earlier");
    this.note = h("p", { class: "muted" }, "Reading…");
    this.element = h("div", { class: "timeline-box" }, this.list, this.note, this.more);
    this.#older();
  }

  // Takes an event from the daemon, and ignores those that do not concern it.
  take(event) {
    if (event.type !== "timeline.added" || !this.concerns(event.data)) return;
    this.#add({ ...event.data, seq: event.seq });
    while (this.list.children.length > HELD) this.list.lastChild.remove();
  }

  async #older() {
    this.more.disabled = true;
    const failures = await Promise.all(this.sources.filter((source) => !source.done).map((source) => this.#page(source).catch((error) => error)));
    const failure = failures.find(Boolean);
    this.note.textContent = failure ? failure.message : this.list.children.length === 0 ? "No events yet." : "";
    this.more.hidden = this.sources.every((source) => source.done);
    this.more.disabled = false;
  }

  async #page(source) {
    const page = await app.read("session.timeline", { ...source.about, backward: true, limit: PAGE, ...(source.cursor ? { cursor: source.cursor } : {}) });
    Object.assign(source, { cursor: page.nextCursor, done: !page.nextCursor });
    for (const entry of page.items ?? []) this.#add(entry);
  }

  // Only their number distinguishes the entries of several timelines.
  #add(entry) {
    if (this.seen.has(entry.id)) return;
    this.seen.add(entry.id);
    const element = line(entry, this.several);
    element.seq = entry.seq;
    let before = this.list.firstElementChild;
    while (before && before.seq > entry.seq) before = before.nextElementSibling;
    this.list.insertBefore(element, before);
    this.note.textContent = "";
  }
}

function line(entry, several) {
  const [name, tone] = ENTRY_LOOKS[entry.type] ?? ["idle", "quiet"];
  const [first, ...rest] = (entry.message || entry.type.replaceAll("_", " ")).split("\n");
  const session = several && app.store.session.get(entry.sessionId);
  return h("li", { class: "entry" },
    h("span", { class: `sign tone-${tone}` }, icon(name)),
    h("div", { class: "grow" }, h("span", { class: "what" }, h("span", { class: "sr" }, `${entry.type.replaceAll("_", " ")}: `), first), rest.length > 0 && h("pre", {}, rest.join("\n"))),
    session && h("span", { class: "muted clip whose" }, session.name),
    h("time", { title: fullMoment(entry.timestamp) }, moment(entry.timestamp)));
}
