// The inbox: everything that waits for a person, oldest first, and what was answered lately.

import { app } from "../app.js";
import { passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { empty } from "../ui/parts.js";
import { sessionLink } from "../ui/router.js";
import { ApprovalCards } from "./approval_cards.js";
import { QuestionCards } from "./questions.js";

const ANSWERED_SHOWN = 30;
const BY = { user: "you", timeout: "the time was over", closed: "no longer asked" };

export class InboxList {
  constructor() {
    this.approvals = new ApprovalCards();
    this.questions = new QuestionCards();
    this.nothing = h("div", {}, empty("Nothing waits for you",
      h("p", {}, "When an agent asks something or wants a permission, it waits here, also when you are away. The number in the tab's title tells you.")));
    this.answered = h("div", { class: "answered" });
    this.element = h("section", { class: "inbox", "aria-label": "Inbox", tabIndex: 0 }, this.approvals.element, this.questions.element, this.nothing, this.answered);
  }

  draw() {
    const open = app.store.questions();
    this.approvals.draw(app.store.approvals());
    this.questions.draw(open);
    this.nothing.hidden = app.store.waiting() > 0;
    const done = [...app.store.attention.values()].filter((question) => question.answer).slice(-ANSWERED_SHOWN).reverse();
    keep(this.answered, done.map((question) => question.id), () => done.length === 0 ? [] : [h("h3", {}, "Answered"), done.map(pastQuestion)]);
  }

  open() {}

  fold() {}
}

function pastQuestion(question) {
  const session = app.store.session.get(question.sessionId);
  const by = BY[question.answer.by] ?? "an agent";
  return h("a", { class: "past", href: sessionLink(question.sessionId) },
    h("span", { class: "clip grow" }, question.message), h("b", { class: "clip" }, question.answer.value),
    h("span", { class: "muted clip" }, `${by}${session ? `, ${session.name}` : ""}`), passed(question.answer.at));
}
