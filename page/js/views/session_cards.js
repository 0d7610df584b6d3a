// Cards of live sessions, each with its last output line.

import { app } from "../app.js";
import { lookOf, workingTask } from "../model/rows.js";
import { since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { sign } from "../ui/parts.js";
import { sessionLink } from "../ui/router.js";

const SHOWN = 60;

export class SessionCards {
  constructor() {
    this.cards = h("div", { class: "session-cards" });
    this.rest = h("p", { class: "muted" });
    this.element = h("section", {}, h("h2", {}, "Working now"), this.cards, this.rest);
    this.byId = new Map();
  }

  draw(sessions) {
    this.element.hidden = sessions.length === 0;
    const shown = sessions.slice(0, SHOWN);
    const known = new Set(shown.map((session) => session.id));
    for (const id of this.byId.keys()) if (!known.has(id)) this.byId.delete(id);
    for (const { id } of shown) if (!this.byId.has(id)) this.byId.set(id, h("a", { class: "session-card" }));
    keep(this.cards, shown.map((session) => session.id), () => shown.map((session) => this.byId.get(session.id)));
    for (const session of shown) fill(this.byId.get(session.id), session);
    this.rest.textContent = sessions.length > SHOWN ? `and ${sessions.length - SHOWN} more under Sessions` : "";
  }
}

function fill(card, session) {
  const look = lookOf(app.store, session);
  const task = app.store.task.get(workingTask(app.store, session));
  const tail = app.tail(session.id);
  card.setAttribute("href", sessionLink(session.id));
  keep(card, [session.name, look.word, task?.title, tail], () => [
    h("span", { class: "first" }, sign(look), h("b", { class: "clip grow" }, session.name), since(session.startedAt ?? session.createdAt)),
    h("span", { class: "second clip" }, task ? task.title : look.word),
    h("code", { class: "clip" }, tail || "\u00a0"),
  ]);
}
