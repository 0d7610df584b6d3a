// What the right side shows while nothing is chosen: what waits for a person, and who is at work.

import { app } from "../app.js";
import { workingTask } from "../model/rows.js";
import { isLive, sessionLook } from "../model/status.js";
import { since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { empty, sign } from "../ui/parts.js";
import { sessionLink } from "../ui/router.js";
import { drawQuestions } from "./inbox.js";
import { askingSessions } from "./sessions.js";

const SESSIONS_SHOWN = 60;
const QUESTIONS_SHOWN = 5;

export class Overview {
  constructor() {
    this.questions = h("div", { class: "questions", role: "list" });
    this.asked = h("section", {}, h("h2", {}, "Waiting for you"), this.questions);
    this.cards = h("div", { class: "session-cards" });
    this.rest = h("p", { class: "muted" });
    this.working = h("section", {}, h("h2", {}, "Working now"), this.cards, this.rest);
    this.quiet = h("div", {});
    this.element = h("div", { class: "scroll overview" }, this.asked, this.working, this.quiet);
    this.byId = new Map();
  }

  draw() {
    const { store } = app;
    const questions = store.questions().slice(0, QUESTIONS_SHOWN);
    this.asked.hidden = questions.length === 0;
    if (questions.length > 0) drawQuestions(this.questions, questions);
    const live = [...store.session.values()].filter(isLive);
    this.working.hidden = live.length === 0;
    this.#drawCards(live.slice(0, SESSIONS_SHOWN));
    this.rest.textContent = live.length > SESSIONS_SHOWN ? `and ${live.length - SESSIONS_SHOWN} more under Sessions` : "";
    this.quiet.hidden = questions.length + live.length > 0 || app.live.seq === null;
    keep(this.quiet, [store.task.size > 0], () => this.#nothing());
  }

  #drawCards(sessions) {
    const asks = askingSessions(app.store);
    keep(this.cards, sessions.map((session) => session.id), () => sessions.map((session) => {
      if (!this.byId.has(session.id)) this.byId.set(session.id, h("a", { class: "session-card" }));
      return this.byId.get(session.id);
    }));
    for (const [id] of this.byId) if (!sessions.some((session) => session.id === id)) this.byId.delete(id);
    for (const session of sessions) this.#card(this.byId.get(session.id), session, asks.has(session.id));
  }

  #card(card, session, asks) {
    const look = sessionLook(session, { asks });
    const task = app.store.task.get(workingTask(app.store, session));
    const tail = app.tail(session.id);
    card.setAttribute("href", sessionLink(session.id));
    keep(card, [session.name, look.word, task?.title, tail], () => [
      h("span", { class: "first" }, sign(look), h("b", { class: "clip grow" }, session.name), since(session.startedAt ?? session.createdAt)),
      h("span", { class: "second clip" }, task ? task.title : look.word),
      h("code", { class: "clip" }, tail || "\u00a0"),
    ]);
  }

  #nothing() {
    return app.store.task.size > 0
      ? empty("All quiet", h("p", {}, "No agent is at work and nothing waits for you. Choose a task to see what became of it."))
      : empty("maestrod is ready", h("p", {}, "What runs, and what waits for you, appears here."));
  }
}
