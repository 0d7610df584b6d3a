// Short messages about what was done, and errors that stay until they are dismissed.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function say(words) {
  show(words, "said", 4000);
}

// `error` is the error of a refused call; its message says whose fault it is and what to do next.
export function complain(error) {
  const incident = error.details?.incident;
  show(`${error.message}${incident ? ` (incident ${incident})` : ""}`, "bad", 12000);
}

function show(words, kind, ms) {
  const close = () => element.remove();
  const element = h("div", { class: `toast ${kind}` },
    h("span", { class: "grow" }, words),
    h("button", { class: "button plain small icon-only", "aria-label": "Dismiss", onclick: close }, icon("close")));
  const toasts = document.getElementById("toasts");
  while (toasts.children.length >= 4) toasts.firstChild.remove();
  toasts.append(element);
  setTimeout(close, ms);
}
