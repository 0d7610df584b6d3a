// A plan that waits for its approval: its graph, what the linter found, and yes or no.

import { app } from "../app.js";
import { planNodes } from "../model/graph_nodes.js";
import { h, keep } from "../ui/dom.js";
import { actionButton } from "../ui/parts.js";
import { say } from "../ui/toast.js";
import { Graph } from "./graph.js";

export class PlanApproval {
  constructor(rootTaskId) {
    this.rootTaskId = rootTaskId;
    this.graph = new Graph();
    this.words = h("div", {});
    this.element = h("section", { class: "approval", hidden: true }, this.words, this.graph.element);
  }

  draw() {
    const run = app.store.run.get(app.store.runOf.get(this.rootTaskId));
    const waits = run?.status === "awaiting_approval" && run.planId;
    this.element.hidden = !waits;
    if (!waits) return;
    const plan = app.store.plan.get(run.planId);
    if (!plan) this.#read(run.planId);
    else this.#show(plan);
  }

  async #read(planId) {
    if (this.reading === planId) return;
    this.reading = planId;
    app.store.put("plan", await app.read("plan.get", { planId }));
    app.changed();
  }

  #show(plan) {
    const { nodes, needs } = planNodes(plan);
    this.graph.show(nodes, needs);
    keep(this.words, [plan.id, plan.status], () => [
      h("div", { class: "headline" }, h("div", {}, h("h2", {}, "This plan waits for your yes"), h("p", { class: "muted" }, plan.summary || `${plan.groups.length} groups, the widest wave has ${plan.widestWave ?? 1}`)),
        h("div", { class: "head-actions" },
          actionButton({ name: "Reject", icon: "close", danger: true, act: () => decide("plan.reject", plan, "Rejected") }),
          actionButton({ name: "Approve", icon: "done", primary: true, act: () => decide("plan.approve", plan, "Approved: the work starts") }))),
      plan.diagnostics.map((finding) => h("p", { class: "finding" }, h("code", {}, finding.path), ` ${finding.message}`)),
    ]);
  }
}

async function decide(method, plan, words) {
  if (await app.change(method, { planId: plan.id })) say(words);
}
