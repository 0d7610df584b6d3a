// The inbox: all open questions, oldest first, and recent answers.

import { app } from "../app.js";
import { passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { empty } from "../ui/parts.js";
import { sessionLink, taskLink } from "../ui/router.js";
import { QuestionCards } from "./questions.js";

const ANSWERED_SHOWN = 30;
const BY = {
  user: "you", timeout: "no answer in time", closed: "no longer relevant", policy: "the project's settings", agent: "in the agent's terminal", standing: "an earlier answer for this session",
};

export class InboxList {
  constructor() {
    this.questions = new QuestionCards();
    this.nothing = h("div", {}, empty("No open questions",
      h("p", {}, "Questions, permission requests and plans to approve appear here until you answer them. The tab's title shows their number.")));
    this.answered = h("div", { class: "answered" });
    this.element = h("section", { class: "inbox", "aria-label": "Inbox", tabIndex: 0 }, this.questions.element, this.nothing, this.answered);
  }

  draw() {
    const open = app.store.questions();
    this.questions.draw(open);
    this.nothing.hidden = open.length > 0;
    const done = [...app.store.attention.values()].filter((question) => question.answer).sort((a, b) => b.answer.at - a.answer.at).slice(0, ANSWERED_SHOWN);
    keep(this.answered, done.map((question) => question.id), () => done.length === 0 ? [] : [h("h3", {}, "Answered"), done.map(pastQuestion)]);
  }

  open() {}

  fold() {}
}

function pastQuestion(question) {
  const session = app.store.session.get(question.sessionId);
  const by = BY[question.answer.by] ?? app.store.session.get(question.answer.by)?.name ?? question.answer.by;
  const { value, reason, lasts } = question.answer;
  return h("a", { class: "past", href: question.planId ? taskLink(question.taskId) : sessionLink(question.sessionId) },
    h("span", { class: "clip grow", title: question.message }, question.message),
    h("b", { class: "clip", title: reason || null }, `${value}${lasts === "session" ? " in this session" : ""}${reason ? `: ${reason}` : ""}`),
    h("span", { class: "muted clip" }, `${by}${session ? `, ${session.name}` : ""}`), passed(question.answer.at));
}
