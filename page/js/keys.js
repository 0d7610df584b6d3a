// The keyboard. In a field, keys are text; elsewhere, single letters act on the page.

import { freeze } from "./actions.js";
import { isTyping, h } from "./ui/dom.js";
import { openDialog } from "./ui/dialog.js";
import { go, link, route } from "./ui/router.js";
import { toggleTheme } from "./ui/theme.js";
import { openRunDialog } from "./views/run_dialog.js";
import { toggleWide } from "./views/wide.js";

const HELP = [
  ["Move", [["j k ↑ ↓", "next, previous row"], ["← →", "fold, unfold"], ["Enter", "open the row"], ["Esc", "back to the list"]]],
  ["Go", [["1 2 3", "work, sessions, inbox"], ["/", "search"], ["f", "use the whole window"], ["Tab", "next part"]]],
  ["Do", [["n", "run something"], ["r", "retry"], ["s", "stop"], ["p", "pause, resume"], ["a", "open the oldest question"], ["Tab Enter", "choose an answer"]]],
  ["Terminal", [["i", "type into the terminal"], ["Ctrl ]", "leave the terminal"], ["Shift Esc", "the same"]]],
  ["Page", [["t", "light, dark"], ["+ - 0", "zoom the graph, fit it"], ["?", "this help"]]],
];

export function installKeys(shell) {
  document.addEventListener("keydown", (event) => {
    const leaves = (event.ctrlKey && event.key === "]") || (event.shiftKey && event.key === "Escape");
    if (leaves && event.target.closest?.(".term")) {
      event.preventDefault();
      event.stopPropagation();
      shell.focusList();
    } else if (!isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector("dialog[open]")) press(event, shell);
  }, { capture: true });
}

function press(event, shell) {
  const list = shell.list();
  const keys = {
    j: () => list?.list?.move(1), ArrowDown: () => list?.list?.move(1),
    k: () => list?.list?.move(-1), ArrowUp: () => list?.list?.move(-1),
    ArrowRight: () => list?.fold(true), ArrowLeft: () => list?.fold(false),
    Enter: () => list?.list && list.open(list.list.currentRow()),
    Escape: () => shell.back(),
    1: () => go(link({ place: "work" })), 2: () => go(link({ place: "sessions" })), 3: () => go(link({ place: "inbox" })),
    "/": () => document.querySelector(".find input").focus(),
    f: toggleWide, t: toggleTheme, n: openRunDialog, i: () => shell.focusTerminal(), a: () => answerOldest(shell), "?": showKeys,
  };
  const here = event.target;
  if (event.key === "Enter" && here.closest?.("button, a")) return;
  // text typed at a question is for the question, not for the rest of the page
  if (here.closest?.(".question") && /^\p{L}$/u.test(event.key)) return;
  if (event.key.startsWith("Arrow") && here.closest?.(".graph, .scroll, .divider, .plain-output, [role=tablist]")) return;
  const act = keys[event.key] ?? shell.actions().find((action) => action.key === event.key)?.act;
  if (!act) return;
  event.preventDefault();
  act();
}

// Never a button, because a user who continues typing would press it. Focus the field if only text can answer, else the card.
function answerOldest(shell) {
  if (route().place !== "inbox") go(link({ place: "inbox" }));
  shell.draw();
  const card = document.querySelector(".inbox .question");
  (card?.querySelector(".answer:not(:has(.choices)) input") ?? card)?.focus();
}

export function showKeys() {
  openDialog({
    title: "Keys",
    body: [
      h("div", { class: "keys" }, HELP.map(([title, keys]) => h("section", {}, h("h3", {}, title), h("dl", {}, keys.map(([key, words]) => [h("dt", {}, key.split(" ").map((part) => h("kbd", {}, part))), h("dd", {}, words)]))))),
      h("p", { class: "muted" }, "Everything here can also be done by ", h("code", {}, "maestroctl"), ". ", h("button", { class: "as-link", onclick: freeze }, "Pause everything"), " is the emergency stop."),
    ],
  });
}
