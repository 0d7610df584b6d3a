// The form for an answer: the options as buttons, and a field only if the question accepts text. An error is shown below it, and the typed
// text stays.

import { answer } from "../actions.js";
import { offers } from "../model/attention.js";
import { h } from "../ui/dom.js";
import { sessionLink } from "../ui/router.js";

const LIMIT = "65536";
const FIELDS = { answer: "Your answer", reason: "Reason (optional)" };

export function answerForm(question) {
  const { buttons, field: takes, elsewhere } = offers(question);
  if (elsewhere) return h("p", { class: "about" }, "This agent asks in its own terminal: ", h("a", { class: "link", href: sessionLink(question.sessionId, "terminal") }, "open it to answer"), ".");
  const field = takes && h("input", { class: "field", placeholder: FIELDS[takes], "aria-label": FIELDS[takes], maxlength: LIMIT });
  const refusal = h("p", { class: "refusal", role: "alert", hidden: true });
  const form = h("form", { class: "answer", onsubmit: (event) => {
    event.preventDefault();
    if (takes === "answer" && field.value !== "") send(form, refusal, question, { value: field.value });
  } });
  const choose = ({ value, lasts }) => send(form, refusal, question, { value, lasts, reason: takes === "reason" ? field.value.trim() : "" });
  const row = h("div", { class: "choices" }, buttons.map((button, position) =>
    h("button", { type: "button", class: position === 0 ? "button primary" : "button", onclick: () => choose(button) }, button.words)));
  form.append(...[buttons.length > 0 && row, takes === "reason" && field, takes === "answer" && reply(field, buttons.length === 0), refusal].filter(Boolean));
  return form;
}

function reply(field, only) {
  return h("div", { class: "reply" }, field, h("button", { class: only ? "button primary" : "button", type: "submit" }, "Answer"));
}

async function send(form, refusal, question, given) {
  const controls = form.querySelectorAll("button, input");
  for (const control of controls) control.disabled = true;
  const refused = await answer(question, given);
  for (const control of controls) control.disabled = false;
  refusal.textContent = refused ?? "";
  refusal.hidden = !refused;
}
