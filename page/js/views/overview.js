// The right side while nothing is selected: open questions and live sessions.

import { app } from "../app.js";
import { isLive } from "../model/status.js";
import { h, keep } from "../ui/dom.js";
import { empty } from "../ui/parts.js";
import { route } from "../ui/router.js";
import { QuestionCards } from "./questions.js";
import { SessionCards } from "./session_cards.js";

const QUESTIONS_SHOWN = 5;

export class Overview {
  constructor() {
    this.questions = new QuestionCards({ title: "Needs your answer" });
    this.sessions = new SessionCards();
    this.quiet = h("div", {});
    this.element = h("div", { class: "scroll overview" }, this.questions.element, this.sessions.element, this.quiet);
  }

  draw() {
    const { store } = app;
    const questions = store.questions();
    const live = [...store.session.values()].filter(isLive);
    this.questions.draw(route().place === "inbox" ? [] : questions.slice(0, QUESTIONS_SHOWN));
    this.sessions.draw(live);
    this.quiet.hidden = questions.length + live.length > 0 || app.live.seq === null;
    keep(this.quiet, [store.task.size > 0], () => store.task.size > 0
      ? empty("All quiet", h("p", {}, "No agent is working, and there are no open questions. Choose a task to see its result."))
      : empty("maestrod is ready", h("p", {}, "Running work and open questions appear here.")));
  }
}
