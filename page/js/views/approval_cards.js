// Cards of plans that wait for a yes.

import { app } from "../app.js";
import { passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { taskLink } from "../ui/router.js";

export class ApprovalCards {
  constructor() {
    this.element = h("div", { class: "questions", role: "list", hidden: true });
  }

  draw(runs) {
    this.element.hidden = runs.length === 0;
    keep(this.element, runs.map((run) => [run.id, run.planId]), () => runs.map(card));
  }
}

function card(run) {
  const title = app.store.task.get(run.rootTaskId)?.title ?? "a run";
  return h("article", { class: "question", role: "listitem" },
    h("header", {}, h("span", { class: "sign tone-waiting" }, icon("graph")), h("span", { class: "clip" }, "A plan waits for your yes"), h("span", { class: "grow" }), passed(run.updatedAt)),
    h("p", { class: "message" }, title),
    h("div", { class: "choices" }, h("a", { class: "button primary", href: taskLink(run.rootTaskId, "overview") }, "Look at the plan")));
}
