// Keys that a phone's keyboard lacks, for typing into a terminal.

import { h } from "../ui/dom.js";

const KEYS = [["Esc", "\u001b"], ["Tab", "\t"], ["Ctrl-C", "\u0003"], ["Ctrl-D", "\u0004"], ["↑", "\u001b[A"], ["↓", "\u001b[B"], ["←", "\u001b[D"], ["→", "\u001b[C"], ["Enter", "\r"]];

export function touchKeys(type) {
  return h("div", { class: "touch-keys", role: "toolbar", "aria-label": "Keys" }, KEYS.map(([name, text]) =>
    // not a click: the focus, and with it the phone's keyboard, stays in the terminal
    h("button", { class: "button small", tabIndex: -1, onpointerdown: (event) => { event.preventDefault(); type(text); } }, name)));
}
