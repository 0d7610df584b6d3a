// Cards of open questions: read, and answer by one click or in words.

import { answer } from "../actions.js";
import { app } from "../app.js";
import { workingTask } from "../model/rows.js";
import { passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { sessionLink } from "../ui/router.js";

const KINDS = { input: "asks", permission: "asks for permission", limit: "is at a limit", stalled: "is stalled", failed: "failed" };

export class QuestionCards {
  constructor({ title = null } = {}) {
    this.list = h("div", { class: "questions", role: "list" });
    this.element = h("section", { hidden: true }, title && h("h2", {}, title), this.list);
    this.cards = new Map();
  }

  // A card is kept as long as its question: what is being typed into it survives the coming and going of others.
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
  return h("article", { class: "question", role: "listitem", "aria-label": question.message },
    h("header", {},
      h("span", { class: "sign tone-waiting" }, icon("question")),
      h("span", { class: "clip" }, h("a", { class: "from", href: sessionLink(question.sessionId) }, session?.name ?? "a session"), ` ${KINDS[question.kind] ?? question.kind.replaceAll("_", " ")}`, task && task.title !== session?.name && h("span", { class: "muted" }, ` · ${task.title}`)),
      h("span", { class: "grow" }), passed(question.openedAt)),
    h("p", { class: "message" }, question.message),
    question.tool && h("pre", { class: "about" }, `${question.tool} ${question.input ?? ""}`.trim()),
    question.deadline && h("p", { class: "about" }, `Answered with “${question.onTimeout ?? ""}” at ${new Date(question.deadline).toLocaleTimeString()} when nobody does.`),
    answers(question));
}

function answers(question) {
  const choices = question.options.length > 0;
  const field = h("input", { class: "field", placeholder: choices ? "or say something else" : "Your answer", "aria-label": "Your answer", maxlength: "65536" });
  const form = h("form", { class: "reply", onsubmit: (event) => { event.preventDefault(); if (field.value !== "") send(form, question, field.value); } },
    field, h("button", { class: choices ? "button" : "button primary", type: "submit" }, "Answer"));
  const row = h("div", { class: "choices" }, question.options.map((option, position) =>
    h("button", { class: position === 0 ? "button primary" : "button", onclick: () => send(row, question, option) }, option)));
  return [choices && row, form];
}

async function send(part, question, value) {
  const controls = part.parentElement.querySelectorAll("button, input");
  for (const control of controls) control.disabled = true;
  await answer(question, value);
  for (const control of controls) control.disabled = false;
}
