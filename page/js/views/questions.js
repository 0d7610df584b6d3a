// Cards of open questions, answered by a click, or by text if the question accepts it.

import { app } from "../app.js";
import { askerWords, readableInput } from "../model/attention.js";
import { workingTask } from "../model/rows.js";
import { moment, passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { sessionLink, taskLink } from "../ui/router.js";
import { answerForm } from "./answer_form.js";
import { planOutline } from "./plan_outline.js";

export class QuestionCards {
  constructor({ title = null } = {}) {
    this.list = h("div", { class: "questions", role: "list" });
    this.element = h("section", { hidden: true }, title && h("h2", {}, title), this.list);
    this.cards = new Map();
  }

  // A card is kept as long as its question is open, so that typed text survives when other cards come and go.
  draw(questions) {
    this.element.hidden = questions.length === 0;
    const known = new Set(questions.map((question) => question.id));
    for (const id of this.cards.keys()) if (!known.has(id)) this.cards.delete(id);
    keep(this.list, questions.map((question) => question.id), () => questions.map((question) => this.#card(question)));
  }

  #card(question) {
    if (!this.cards.has(question.id)) this.cards.set(question.id, questionCard(question));
    return this.cards.get(question.id);
  }
}

function questionCard(question) {
  const session = app.store.session.get(question.sessionId);
  const task = app.store.task.get(question.taskId ?? workingTask(app.store, session));
  const input = readableInput(question.input);
  return h("div", { class: "question", role: "listitem", tabIndex: -1, "aria-label": question.message },
    h("header", {},
      h("span", { class: "sign tone-waiting" }, icon(question.planId ? "graph" : "question")),
      question.number > 0 && h("span", { class: "number" }, `#${question.number}`),
      h("span", { class: "clip" }, who(question, session), task && task.title !== session?.name && !question.planId && h("span", { class: "muted" }, ` · ${task.title}`)),
      h("span", { class: "grow" }), passed(question.openedAt)),
    h("p", { class: "message" }, input.length > 0 && question.tool ? h("b", {}, question.tool) : question.message),
    input.map(inputPart),
    question.planId && planOutline(question.planId),
    question.deadline && h("p", { class: "about" }, `Answers “${question.onTimeout ?? ""}” automatically at ${moment(question.deadline)}.`),
    answerForm(question));
}

function who(question, session) {
  if (question.planId) return [`${askerWords(question.kind)}: `, h("a", { class: "from", href: taskLink(question.taskId, "overview") }, app.store.task.get(question.taskId)?.title ?? "a run")];
  return [`${askerWords(question.kind)} `, h("a", { class: "from", href: sessionLink(question.sessionId) }, session?.name ?? "a session")];
}

function inputPart({ as, name, text }) {
  if (as === "note") return h("p", { class: "about" }, text);
  return h("div", { class: "input-part" }, name && h("span", { class: "about" }, name), h("pre", { class: `about ${as}` }, text));
}
