// One task: its status and the reason, its graph, dependencies, sessions, attempts and timeline.

import { taskActions } from "../actions.js";
import { app } from "../app.js";
import { taskNodes } from "../model/graph_nodes.js";
import { countsOf, percent, usageWords } from "../model/progress.js";
import { asking, pausedTasks, workingTask } from "../model/rows.js";
import { OVER } from "../model/statuses.js";
import { hasFailed, isActive, isLive, reasonWords, taskLook } from "../model/status.js";
import { began, duration, passed, since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { actionButton, bar, empty, pill, tabs } from "../ui/parts.js";
import { go, route, taskLink } from "../ui/router.js";
import { backLink, projectName } from "./trail.js";
import { FailureCard } from "./failure.js";
import { Graph } from "./graph.js";
import { PlanApproval } from "./plan_approval.js";
import { QuestionCards } from "./questions.js";
import { SessionCards } from "./session_cards.js";
import { drawFacts } from "./task_facts.js";
import { Timeline } from "./timeline.js";

// Maximum number of sessions whose timelines are read for a tree.
const TIMELINES = 40;

export class TaskView {
  constructor(id) {
    this.id = id;
    this.head = h("header", { class: "detail-head" });
    this.tabs = h("div", {});
    this.graph = new Graph();
    this.facts = h("div", { class: "facts" });
    this.failure = new FailureCard(id);
    this.approval = new PlanApproval(id);
    this.questions = new QuestionCards({ title: "Needs your answer" });
    this.sessions = new SessionCards();
    this.overview = h("div", { class: "scroll flush" }, h("div", { class: "failure-place" }), this.approval.element, this.graph.element, h("div", { class: "overview" }, this.questions.element, this.sessions.element));
    this.details = h("div", { class: "scroll" }, h("div", { class: "failure-place" }), this.facts);
    this.timeline = null;
    this.body = h("div", { class: "detail-body" });
    this.element = h("article", { class: "task-view", "aria-label": "Task" }, this.head, this.tabs, this.body);
  }

  take(event) {
    this.timeline?.take(event);
  }

  actions() {
    const task = app.store.task.get(this.id);
    return task ? taskActions(task) : [];
  }

  draw() {
    const { store } = app;
    const task = store.task.get(this.id);
    if (!task) {
      this.#fetch();
      keep(this.head, "gone", () => [backLink()]);
      keep(this.body, `gone ${app.live.seq === null}`, () => app.live.seq === null ? [] : empty("No such task", h("p", {}, "It was deleted, or the address belongs to another daemon."), h("a", { class: "button", href: "#work" }, "Back to all work")));
      return;
    }
    this.asks = asking(store);
    this.paused = pausedTasks(store);
    const parent = store.children(this.id).length > 0 || store.questions().some((question) => question.planId && question.taskId === this.id);
    const tab = this.#tab(parent, route().tab);
    this.#drawHead(task);
    keep(this.tabs, [parent, tab], () => tabs([parent && ["overview", "Overview"], ["details", "Details"], ["timeline", "Timeline"]].filter(Boolean), tab, (name) => go(taskLink(this.id, name), { replace: true })));
    keep(this.body, tab, () => this.#show(tab));
    if (tab === "overview") this.#drawOverview();
    if (tab === "details") drawFacts(this.facts, task);
    this.failure.draw(task);
    this.body.querySelector(".failure-place")?.append(this.failure.element);
  }

  // If the page does not hold everything, an address may name a task that it left out.
  async #fetch() {
    if (this.fetched || !app.store.partial) return;
    this.fetched = true;
    const tree = await app.read("task.tree", { taskId: this.id }).catch(() => ({ tasks: [] }));
    for (const task of tree.tasks) app.store.put("task", task);
    app.changed();
  }

  #tab(parent, wanted) {
    if (["overview", "details", "timeline"].includes(wanted) && (wanted !== "overview" || parent)) return wanted;
    return parent ? "overview" : "details";
  }

  #show(tab) {
    if (tab === "timeline") this.timeline ??= this.#timeline();
    return { overview: this.overview, details: this.details, timeline: h("div", { class: "scroll" }, this.timeline?.element) }[tab];
  }

  // For a task with subtasks, the timelines of its newest sessions.
  #timeline() {
    const { store } = app;
    const inside = (taskId) => store.path(taskId).some((task) => task.id === this.id);
    const sessions = store.children(this.id).length === 0 ? [] : [...store.session.values()].filter((session) => inside(workingTask(store, session))).slice(-TIMELINES);
    const concerns = (entry) => inside(entry.taskId) || (entry.sessionId && sessions.length > 0 && inside(workingTask(store, store.session.get(entry.sessionId))));
    return new Timeline([{ taskId: this.id }, ...sessions.map((session) => ({ sessionId: session.id }))], concerns);
  }

  #drawHead(task) {
    const { store } = app;
    const run = store.run.get(store.runOf.get(task.id));
    const look = taskLook(task, { asks: this.asks.has(task.id), paused: this.paused.has(task.id), run });
    const path = store.path(task.id).slice(0, -1);
    const reason = reasonWords(task.statusReason);
    keep(this.head, [task.title, look, reason, path.map((above) => above.title), task.startedAt, task.completedAt, task.attempt, task.maxAttempts, task.leaves, run?.usage, this.actions().map((action) => action.name)], () => [
      h("div", { class: "trail" }, backLink(), projectName(task), path.map((above) => [h("span", { "aria-hidden": "true" }, "›"), h("a", { class: "clip", href: taskLink(above.id) }, above.title)])),
      h("div", { class: "headline" }, h("h1", {}, run?.number > 0 && h("span", { class: "number" }, `#${run.number} `), h("span", {}, task.title)), h("div", { class: "head-actions" }, this.actions().map((action) => actionButton(action)))),
      h("div", { class: "state" }, pill(look), reason && h("span", { class: hasFailed(task) ? "reason clip" : "reason", title: task.statusReason.detail }, reason), h("span", { class: "state-facts" }, run?.usage && h("span", { class: "chip" }, usageWords(run.usage)), when(task, run))),
      task.leaves && h("p", { class: "muted counts" }, countsOf(task.leaves)),
      bar(task.progress, hasFailed(task) ? "failed" : "running"),
    ]);
    const track = this.head.lastChild;
    track.firstChild.style.transform = `scaleX(${task.progress})`;
    track.hidden = task.progress === 0 || OVER.task.has(task.status);
    track.title = percent(task.progress);
  }

  #drawOverview() {
    const { store } = app;
    this.approval.draw();
    const { nodes, needs } = taskNodes(store, this.id, this.asks, this.paused);
    this.graph.show(nodes, needs);
    const inside = (session) => store.path(workingTask(store, session)).some((task) => task.id === this.id);
    this.questions.draw(store.questions().filter((question) => !question.planId && inside(store.session.get(question.sessionId))));
    this.sessions.draw([...store.session.values()].filter((session) => isLive(session) && inside(session)));
  }
}

// When a run began, and how long it took or has taken so far.
function when(task, run) {
  const words = [run && `started ${began(run.createdAt)}`, tookWords(task)].filter(Boolean);
  return h("span", {}, words[0], words.length > 1 && ", ", words[1]);
}

function tookWords(task) {
  if (task.startedAt && task.completedAt) return h("span", {}, `took ${duration(task.completedAt - task.startedAt)}, `, passed(task.completedAt));
  if (isActive(task) && task.startedAt) return h("span", {}, "for ", since(task.startedAt));
  return task.attempt > 1 ? `attempt ${task.attempt} of ${task.maxAttempts}` : null;
}
