// The conversation with an agent whose output is machine-readable: its words, its actions as short lines, and the messages to it with
// their status. Oldest first; it follows the newest entry while the user is at the end.

import { app } from "../app.js";
import { fullMoment, moment } from "../ui/clock.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { sign } from "../ui/parts.js";
import { composer, messageLook, senderOf } from "./messages.js";
import { ENTRY_LOOKS } from "./timeline.js";

const PAGE = 200;
// Maximum entries on the page; the timeline has earlier ones.
const HELD = 2000;
const NEAR = 60;

export class Conversation {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.elements = new Map();
    this.more = h("button", { class: "button small", hidden: true, onclick: () => this.#earlier() }, "Earlier");
    this.list = h("div", { class: "talk", role: "log", "aria-label": "Conversation" });
    this.scroll = h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Conversation" }, this.more, this.list);
    this.form = composer(sessionId);
    this.element = h("div", { class: "message-box" }, this.scroll, this.form);
    this.#read();
  }

  take(event) {
    if (event.sessionId !== this.sessionId) return;
    if (event.type === "timeline.added") this.#follow(() => this.#entry(event.data));
    else if (event.type.startsWith("message.")) this.#follow(() => this.#message({ ...this.elements.get(event.id)?.told, ...event.data, id: event.id }));
  }

  draw(live) {
    this.form.hidden = !live;
  }

  async #read() {
    await Promise.all([this.#page(), this.#messages()]);
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  async #page() {
    const query = { sessionId: this.sessionId, backward: true, limit: PAGE, ...(this.cursor ? { cursor: this.cursor } : {}) };
    const page = await app.read("session.timeline", query).catch(() => ({ items: [] }));
    this.cursor = page.nextCursor;
    this.more.hidden = !page.nextCursor;
    for (const entry of page.items ?? []) this.#entry(entry);
  }

  async #messages() {
    const { items } = await app.read("message.list", { sessionId: this.sessionId, limit: 1000 }).catch(() => ({ items: [] }));
    for (const message of items ?? []) this.#message(message);
  }

  async #earlier() {
    const fromEnd = this.scroll.scrollHeight - this.scroll.scrollTop;
    await this.#page();
    this.scroll.scrollTop = this.scroll.scrollHeight - fromEnd;
  }

  #follow(add) {
    const near = this.scroll.scrollTop + this.scroll.clientHeight >= this.scroll.scrollHeight - NEAR;
    add();
    while (this.list.children.length > HELD) {
      this.elements.delete(this.list.firstChild.dataset.id);
      this.list.firstChild.remove();
    }
    if (near) this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  #entry(entry) {
    if (!this.elements.has(entry.id)) this.#put(entry.id, entry.timestamp, entry.metadata?.said ? words(entry) : deed(entry));
  }

  // The daemon writes the opening and the reminders; only messages that a person or an agent wrote are shown in full.
  #message(message) {
    if (message.kind === "opening" || !message.text) return;
    this.elements.get(message.id)?.remove();
    const element = told(message);
    element.told = message;
    this.#put(message.id, message.createdAt, element);
  }

  #put(id, at, element) {
    element.dataset.id = id;
    element.at = at;
    let before = this.list.lastElementChild;
    while (before && before.at > at) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.list.prepend(element);
    this.elements.set(id, element);
  }
}

function words(entry) {
  return h("article", { class: "said" }, h("p", {}, entry.message), h("time", { title: fullMoment(entry.timestamp) }, moment(entry.timestamp)));
}

function deed(entry) {
  const [first, ...rest] = (entry.message || entry.type.replaceAll("_", " ")).split("\n");
  const [name, tone] = entry.type === "progress" ? [rest.length > 0 ? "caret" : "dot", "quiet"] : ENTRY_LOOKS[entry.type] ?? ["dot", "quiet"];
  const quiet = entry.type === "progress" ? "deed" : "deed mark";
  const line = [h("span", { class: `sign tone-${tone}` }, icon(name)), h("span", { class: "clip grow" }, first), h("time", { title: fullMoment(entry.timestamp) }, moment(entry.timestamp))];
  return rest.length === 0 ? h("div", { class: quiet }, line) : h("details", { class: quiet }, h("summary", {}, line), h("pre", {}, rest.join("\n")));
}

function told(message) {
  const look = messageLook(message);
  return h("article", { class: "told" },
    h("header", {}, h("b", {}, senderOf(message)), h("span", { class: "grow" }), sign(look), h("span", { class: "muted" }, message.error ?? look.word)),
    h("p", {}, message.text));
}
