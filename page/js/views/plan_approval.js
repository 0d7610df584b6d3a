// A plan that awaits approval: its graph, the linter's findings, and the form for the answer.

import { readPlan } from "../actions.js";
import { app } from "../app.js";
import { planNodes } from "../model/graph_nodes.js";
import { counted } from "../model/progress.js";
import { h, keep } from "../ui/dom.js";
import { complain } from "../ui/toast.js";
import { answerForm } from "./answer_form.js";
import { Graph } from "./graph.js";

export class PlanApproval {
  constructor(rootTaskId) {
    this.rootTaskId = rootTaskId;
    this.graph = new Graph();
    this.words = h("div", {});
    this.element = h("section", { class: "approval", hidden: true, "aria-label": "Plan to approve" }, this.words, this.graph.element);
  }

  draw() {
    const question = app.store.questions().find((one) => one.planId && one.taskId === this.rootTaskId);
    this.element.hidden = !question;
    if (!question) return;
    const plan = app.store.plan.get(question.planId);
    if (!plan) this.#read(question.planId);
    else this.#show(plan, question);
  }

  #read(planId) {
    if (this.reading === planId) return;
    this.reading = planId;
    readPlan(planId).then(() => app.changed(), complain);
  }

  #show(plan, question) {
    const { nodes, needs } = planNodes(plan);
    this.graph.show(nodes, needs);
    keep(this.words, [plan.id, plan.status, question.id], () => [
      h("div", { class: "approval-head" },
        h("h2", {}, "This plan awaits your approval"),
        h("p", { class: "muted" }, plan.summary || `${counted(plan.groups.length, "group")} in ${counted(plan.waves.length, "wave")}`),
        plan.diagnostics.map((finding) => h("p", { class: "finding" }, h("code", {}, finding.path), ` ${finding.message}`)),
        answerForm(question)),
    ]);
  }
}
