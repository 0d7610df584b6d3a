// Modal dialogs: the browser's own <dialog>, which keeps the focus inside and closes by Escape.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function openDialog({ title, body, buttons = [], wide = false, onclose = () => {} }) {
  const close = () => dialog.close();
  const dialog = h("dialog", { class: wide ? "dialog wide" : "dialog", "aria-label": title },
    h("header", {}, h("h2", {}, title),
      h("button", { class: "button plain icon-only", "aria-label": "Close", onclick: close }, icon("close"))),
    h("div", { class: "dialog-body" }, body),
    buttons.length > 0 && h("footer", {}, buttons));
  dialog.addEventListener("close", () => { dialog.remove(); onclose(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// Resolves to true if the user confirms. For harmful actions, Cancel has the focus, so that a stray key does no harm.
export function confirmDialog({ title, words, yes, no = "Keep it", danger = true }) {
  return new Promise((resolve) => {
    let answer = false;
    const choose = (value) => { answer = value; dialog.close(); };
    const dialog = openDialog({
      title,
      body: h("p", {}, words),
      buttons: [
        h("button", { class: "button", autofocus: danger, onclick: () => choose(false) }, no),
        h("button", { class: danger ? "button danger solid" : "button primary", autofocus: !danger, onclick: () => choose(true) }, yes),
      ],
      onclose: () => resolve(answer),
    });
  });
}
