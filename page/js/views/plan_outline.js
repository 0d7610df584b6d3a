// The waves of a plan in a few lines: which groups run in parallel, and the size of each.

import { readPlan } from "../actions.js";
import { h, keep } from "../ui/dom.js";

// The outline of a stored plan; it fills itself once the plan was read.
export function planOutline(planId) {
  const element = h("div", { class: "outline" });
  readPlan(planId).then((plan) => {
    const counts = new Map(plan.groups.map((group) => [group.key, group.subtasks.length]));
    keep(element, plan.id, () => [plan.summary && h("p", { class: "about" }, plan.summary), waveList(plan, (key) => ` ${counts.get(key)}`)]);
  }, (error) => { element.textContent = error.message; });
  return element;
}

// `about(key)` is the text after the title of a group.
export function waveList({ groups = [], waves = [] }, about = () => "") {
  const titles = new Map(groups.map((group) => [group.key, group.title]));
  return h("ol", { class: "waves", "aria-label": "Waves" }, waves.map((keys, number) =>
    h("li", {}, h("b", {}, `Wave ${number + 1}`), keys.map((key) => h("span", { class: "chip", title: titles.get(key) }, titles.get(key) ?? key, h("span", { class: "muted" }, about(key)))))));
}
