// Small parts that most views use: status signs and pills, progress bars, action buttons, empty states.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function sign(look) {
  return h("span", { class: `sign tone-${look.tone}`, title: look.word }, icon(look.icon), h("span", { class: "sr" }, look.word));
}

export function pill(look) {
  return h("span", { class: `pill tone-${look.tone}` }, icon(look.icon), look.word);
}

// `fraction` is 0 to 1.
export function bar(fraction, tone) {
  const inner = h("i");
  inner.style.transform = `scaleX(${fraction})`;
  return h("span", { class: `bar tone-${tone}`, role: "progressbar", "aria-valuenow": Math.round(fraction * 100), "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "progress" }, inner);
}

export function actionButton(action, { small = false, named = true } = {}) {
  const look = action.primary ? "primary" : action.danger ? "danger" : "";
  const label = action.key ? `${action.name} (${action.key})` : action.name;
  return h("button", {
    class: `button ${look} ${small ? "small" : ""} ${named ? "" : "icon-only"}`, title: label, "aria-label": action.name,
    onclick: async (event) => {
      event.preventDefault();
      event.stopPropagation();
      const button = event.currentTarget;
      button.disabled = true;
      try { await action.act(); } finally { button.disabled = false; }
    },
  }, icon(action.icon), named && h("span", {}, action.name));
}

export function empty(title, ...rest) {
  return h("div", { class: "empty" }, h("h2", {}, title), rest);
}

// Tabs that switch the content below them; `tabs` are [name, words, optional count].
export function tabs(entries, current, choose) {
  const step = (event) => {
    const names = entries.map(([name]) => name);
    const next = names[names.indexOf(current) + { ArrowLeft: -1, ArrowRight: 1 }[event.key]];
    if (next) choose(next);
  };
  return h("div", { class: "tabs", role: "tablist", onkeydown: step }, entries.map(([name, words, count]) =>
    h("button", { role: "tab", class: "tab", "aria-selected": String(name === current), tabIndex: name === current ? 0 : -1, onclick: () => choose(name) },
      words, count > 0 && h("span", { class: "count" }, String(count)))));
}
