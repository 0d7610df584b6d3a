// Machine-readable output of an agent as readable text, as in `maestroctl logs`; raw lines on demand.

import { app } from "../app.js";
import { fullMoment, moment } from "../ui/clock.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { say } from "../ui/toast.js";
import { TerminalView } from "./terminal.js";
import { ENTRY_LOOKS } from "./timeline.js";

const PAGE = 200;
// Maximum entries on the page; earlier ones are read again on request.
const HELD = 2000;
const NEAR = 60;

export class OutputView {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.seen = new Set();
    this.more = h("button", { class: "button small", hidden: true, onclick: () => this.#page() }, "Earlier");
    this.list = h("ol", { class: "transcript", role: "log", "aria-label": "Output" });
    this.scroll = h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Output" }, this.more, this.list);
    this.toggle = h("button", { class: "button small", "aria-pressed": "false", onclick: () => this.#switch() }, "Show raw output");
    this.place = h("div", { class: "output-place" }, this.scroll);
    this.element = h("div", { class: "output" }, h("div", { class: "output-bar" }, this.toggle), this.place);
    this.#page().then(() => { this.scroll.scrollTop = this.scroll.scrollHeight; });
  }

  take(event) {
    if (event.type !== "timeline.added" || event.data.sessionId !== this.sessionId) return;
    const near = this.scroll.scrollTop + this.scroll.clientHeight >= this.scroll.scrollHeight - NEAR;
    this.#add({ ...event.data, seq: event.seq });
    while (this.list.children.length > HELD) this.list.firstChild.remove();
    if (near) this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  focus() {
    (this.raw ?? this.scroll).focus();
  }

  async copy() {
    await navigator.clipboard.writeText(this.text());
    say("Output copied");
  }

  text() {
    return this.raw ? this.raw.text() : [...this.list.children].map((line) => line.innerText).join("\n");
  }

  dispose() {
    this.raw?.dispose();
  }

  #switch() {
    this.raw?.dispose();
    this.raw = this.raw ? null : new TerminalView(this.sessionId);
    this.toggle.textContent = this.raw ? "Show readable output" : "Show raw output";
    this.toggle.setAttribute("aria-pressed", String(this.raw !== null));
    this.place.replaceChildren(this.raw?.element ?? this.scroll);
  }

  async #page() {
    const query = { sessionId: this.sessionId, backward: true, limit: PAGE, ...(this.cursor ? { cursor: this.cursor } : {}) };
    const page = await app.read("session.timeline", query).catch(() => ({ items: [] }));
    this.cursor = page.nextCursor;
    this.more.hidden = !page.nextCursor;
    const fromEnd = this.scroll.scrollHeight - this.scroll.scrollTop;
    for (const entry of page.items ?? []) this.#add(entry);
    this.scroll.scrollTop = this.scroll.scrollHeight - fromEnd;
  }

  #add(entry) {
    if (this.seen.has(entry.id)) return;
    this.seen.add(entry.id);
    const element = line(entry);
    element.seq = entry.seq;
    let before = this.list.lastElementChild;
    while (before && before.seq > entry.seq) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.list.prepend(element);
  }
}

function line(entry) {
  const [name, tone] = ENTRY_LOOKS[entry.type] ?? ["idle", "quiet"];
  const said = entry.metadata?.said;
  return h("li", { class: said ? "said-line" : null },
    h("time", { title: fullMoment(entry.timestamp) }, moment(entry.timestamp)),
    h("span", { class: `sign tone-${tone}` }, !said && icon(name)),
    h("span", { class: "words" }, (entry.message ?? "").trimEnd() || entry.type.replaceAll("_", " ")));
}
