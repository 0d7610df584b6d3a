// The inbox: everything that waits for a person, oldest first, answered by one click.

import { answer } from "../actions.js";
import { app } from "../app.js";
import { workingTask } from "../model/rows.js";
import { passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { empty } from "../ui/parts.js";
import { sessionLink } from "../ui/router.js";

const KINDS = { input: "asks", permission: "asks for permission", limit: "is at a limit", stalled: "is stalled", failed: "failed" };
const ANSWERED_SHOWN = 30;

export class InboxList {
  constructor() {
    this.waiting = h("div", { class: "questions", role: "list" });
    this.answered = h("div", { class: "answered" });
    this.element = h("section", { class: "inbox", "aria-label": "Inbox", tabIndex: 0 }, this.waiting, this.answered);
  }

  draw() {
    drawQuestions(this.waiting, app.store.questions());
    const done = [...app.store.attention.values()].filter((question) => question.answer).slice(-ANSWERED_SHOWN).reverse();
    keep(this.answered, done.map((question) => question.id), () => done.length === 0 ? [] : [h("h3", {}, "Answered"), done.map(pastQuestion)]);
  }

  open() {}

  fold() {}
}

// Cards are kept by question, so that what is being typed into one survives the coming and going of others.
export function drawQuestions(element, questions) {
  const cards = new Map([...element.children].map((card) => [card.dataset.question, card]));
  if (questions.length === 0) {
    keep(element, "none", () => empty("Nothing waits for you", h("p", {}, "When an agent asks something or wants a permission, it waits here, also when you are away. A number in the tab's title tells you.")));
    return;
  }
  if (cards.has(undefined)) element.replaceChildren();
  keep(element, questions.map((question) => question.id), () => questions.map((question) => cards.get(question.id) ?? questionCard(question)));
}

export function questionCard(question) {
  const session = app.store.session.get(question.sessionId);
  const task = app.store.task.get(question.taskId ?? workingTask(app.store, session));
  const card = h("article", { class: "question", role: "listitem", data: { question: question.id }, "aria-label": question.message },
    h("header", {},
      h("span", { class: "sign tone-waiting" }, icon("question")),
      h("span", { class: "clip" }, h("a", { class: "from", href: sessionLink(question.sessionId) }, session?.name ?? "a session"), ` ${KINDS[question.kind] ?? "asks"}`),
      h("span", { class: "grow" }), passed(question.openedAt)),
    h("p", { class: "message" }, question.message),
    task && task.title !== session?.name && h("p", { class: "about clip" }, `about ${task.title}`),
    question.deadline && h("p", { class: "about" }, `answered with “${question.onTimeout ?? ""}” at ${new Date(question.deadline).toLocaleTimeString()} when nobody does`),
    answers(question));
  return card;
}

function answers(question) {
  const field = h("input", { class: "field", placeholder: question.options.length > 0 ? "or say something else" : "Your answer", "aria-label": "Your answer", maxlength: "65536" });
  const form = h("form", { class: "reply", onsubmit: (event) => { event.preventDefault(); if (field.value !== "") send(form, question, field.value); } },
    field, h("button", { class: question.options.length > 0 ? "button" : "button primary", type: "submit" }, "Answer"));
  const choices = h("div", { class: "choices" }, question.options.map((option, position) =>
    h("button", { class: position === 0 ? "button primary" : "button", title: position < 9 ? `key ${position + 1}` : null, onclick: () => send(choices, question, option) }, option)));
  return [question.options.length > 0 && choices, form];
}

async function send(part, question, value) {
  const controls = part.parentElement.querySelectorAll("button, input");
  for (const control of controls) control.disabled = true;
  await answer(question, value);
  for (const control of controls) control.disabled = false;
}

function pastQuestion(question) {
  const session = app.store.session.get(question.sessionId);
  const by = { user: "you", timeout: "the time was over", closed: "no longer asked" }[question.answer.by] ?? question.answer.by;
  return h("a", { class: "past", href: sessionLink(question.sessionId) },
    h("span", { class: "clip grow" }, question.message), h("b", { class: "clip" }, question.answer.value), h("span", { class: "muted clip" }, `${by}${session ? `, ${session.name}` : ""}`), passed(question.answer.at));
}
