// One task: how it stands and why, its graph, what it waits for, its sessions, attempts and timeline.

import { taskActions } from "../actions.js";
import { app } from "../app.js";
import { taskNodes } from "../model/graph_nodes.js";
import { asking, lookOf, pausedTasks, workingTask } from "../model/rows.js";
import { FINISHED, SOURCES, isLive, reasonWords, taskLook } from "../model/status.js";
import { duration, passed, since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { actionButton, bar, empty, percent, pill, sign, tabs, usageWords } from "../ui/parts.js";
import { go, route, sessionLink, taskLink } from "../ui/router.js";
import { backLink, projectName } from "./trail.js";
import { Graph } from "./graph.js";
import { PlanApproval } from "./plan_approval.js";
import { QuestionCards } from "./questions.js";
import { SessionCards } from "./session_cards.js";
import { Timeline } from "./timeline.js";

// How many sessions' timelines are read for a tree.
const TIMELINES = 40;

export class TaskView {
  constructor(id) {
    this.id = id;
    this.head = h("header", { class: "detail-head" });
    this.tabs = h("div", {});
    this.graph = new Graph();
    this.facts = h("div", { class: "facts" });
    this.approval = new PlanApproval(id);
    this.questions = new QuestionCards({ title: "Waiting for you" });
    this.sessions = new SessionCards();
    this.overview = h("div", { class: "scroll flush" }, this.approval.element, this.graph.element, h("div", { class: "overview" }, this.questions.element, this.sessions.element));
    this.details = h("div", { class: "scroll" }, this.facts);
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
      keep(this.body, `gone ${app.live.seq === null}`, () => app.live.seq === null ? [] : empty("No such task", h("p", {}, "It was deleted, or the address is of another daemon."), h("a", { class: "button", href: "#work" }, "Back to all work")));
      return;
    }
    this.asks = asking(store);
    this.paused = pausedTasks(store);
    const parent = store.children(this.id).length > 0 || store.approvals().some((run) => run.rootTaskId === this.id);
    const tab = this.#tab(parent, route().tab);
    this.#drawHead(task);
    keep(this.tabs, [parent, tab], () => tabs([parent && ["overview", "Overview"], ["details", "Details"], ["timeline", "Timeline"]].filter(Boolean), tab, (name) => go(taskLink(this.id, name), { replace: true })));
    keep(this.body, tab, () => this.#show(tab));
    if (tab === "overview") this.#drawOverview();
    if (tab === "details") this.#drawFacts(task);
  }

  // Where the page does not hold everything, an address may still name a task it left out.
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

  // Of a task with others below it the timelines of all its sessions, the newest of them.
  #timeline() {
    const { store } = app;
    const inside = (taskId) => store.path(taskId).some((task) => task.id === this.id);
    const sessions = store.children(this.id).length === 0 ? [] : [...store.session.values()].filter((session) => inside(workingTask(store, session))).slice(-TIMELINES);
    const concerns = (entry) => inside(entry.taskId) || (entry.sessionId && sessions.length > 0 && inside(workingTask(store, store.session.get(entry.sessionId))));
    return new Timeline([{ taskId: this.id }, ...sessions.map((session) => ({ sessionId: session.id }))], concerns);
  }

  #drawHead(task) {
    const { store } = app;
    const look = taskLook(task, { asks: this.asks.has(task.id), paused: this.paused.has(task.id), run: store.run.get(store.runOf.get(task.id)) });
    const path = store.path(task.id).slice(0, -1);
    const reason = reasonWords(task.statusReason);
    keep(this.head, [task.title, look, reason, path.map((above) => above.title), task.startedAt, task.completedAt, task.attempt, task.maxAttempts, this.actions().map((action) => action.name)], () => [
      h("div", { class: "trail" }, backLink(), projectName(task), path.map((above) => [h("span", { "aria-hidden": "true" }, "›"), h("a", { class: "clip", href: taskLink(above.id) }, above.title)])),
      h("div", { class: "headline" }, h("h1", {}, task.title), h("div", { class: "head-actions" }, this.actions().map((action) => actionButton(action)))),
      h("div", { class: "state" }, pill(look), reason && h("span", { class: "reason", title: task.statusReason.detail }, reason), h("span", { class: "state-facts" }, tookWords(task))),
      bar(task.progress, task.status === "failed" ? "failed" : "running"),
    ]);
    const track = this.head.lastChild;
    track.firstChild.style.transform = `scaleX(${task.progress})`;
    track.hidden = task.progress === 0 || FINISHED.has(task.status);
    track.title = percent(task.progress);
  }

  #drawOverview() {
    const { store } = app;
    this.approval.draw();
    const { nodes, needs } = taskNodes(store, this.id, this.asks, this.paused);
    this.graph.show(nodes, needs);
    const inside = (session) => store.path(workingTask(store, session)).some((task) => task.id === this.id);
    this.questions.draw(store.questions().filter((question) => inside(store.session.get(question.sessionId))));
    this.sessions.draw([...store.session.values()].filter((session) => isLive(session) && inside(session)));
  }

  #drawFacts(task) {
    const { store } = app;
    const before = task.dependencies.map((id) => store.task.get(id)).filter(Boolean);
    const after = (store.children(task.parentId) ?? []).map((id) => store.task.get(id)).filter((other) => other?.dependencies.includes(task.id));
    const sessions = store.sessions(task.id).map((id) => store.session.get(id)).filter(Boolean);
    const signature = [task.description, task.initialPrompt, task.result, task.statusReason, task.attempts, task.commands, task.checks, task.paths, before.map((other) => [other.id, other.status]), after.map((other) => [other.id, other.status]), sessions.map((session) => [session.id, session.status, session.paused])];
    keep(this.facts, signature, () => [
      task.result?.error && fact("Error", h("pre", { class: "bad" }, task.result.error)),
      task.result?.summary && fact("Result", h("pre", {}, task.result.summary)),
      sessions.length > 0 && fact("Sessions", sessions.reverse().map((session) => sessionLine(session))),
      before.length > 0 && fact("Waits for", before.map(taskLine)),
      after.length > 0 && fact("Needed by", after.map(taskLine)),
      task.description && fact("Description", h("p", { class: "pre" }, task.description)),
      task.initialPrompt && task.initialPrompt !== task.title && fact("Prompt", h("p", { class: "pre" }, task.initialPrompt)),
      task.commands.length > 0 && fact("Commands", h("pre", {}, task.commands.join("\n"))),
      task.checks.length > 0 && fact("Proven by", h("pre", {}, task.checks.join("\n"))),
      task.paths.length > 0 && fact("Touches", h("pre", {}, task.paths.join("\n"))),
      task.attempts.length > 0 && fact("Earlier attempts", task.attempts.map(attemptLine)),
      fact("Facts", h("dl", { class: "pairs" }, pairs(task))),
    ]);
  }
}

function fact(title, ...content) {
  return h("section", { class: "fact" }, h("h2", {}, title), content);
}

function taskLine(task) {
  return h("a", { class: "line", href: taskLink(task.id) }, sign(taskLook(task)), h("span", { class: "clip grow" }, task.title), h("span", { class: "muted" }, taskLook(task).word));
}

function sessionLine(session) {
  const look = lookOf(app.store, session);
  return h("a", { class: "line", href: sessionLink(session.id) }, sign(look), h("span", { class: "clip" }, session.name), h("span", { class: "chip" }, session.agent), h("span", { class: "grow" }), h("span", { class: "muted" }, look.word), icon("terminal"));
}

function attemptLine(attempt) {
  const took = attempt.startedAt && attempt.endedAt ? duration(attempt.endedAt - attempt.startedAt) : "";
  return h("div", { class: "line" }, sign(taskLook({ status: attempt.status })), h("span", { class: "clip grow" }, `${attempt.attempt}. ${attempt.error ?? attempt.status}`), h("span", { class: "muted" }, took),
    attempt.sessionId && app.store.session.has(attempt.sessionId) && h("a", { class: "link", href: sessionLink(attempt.sessionId) }, "output"));
}

function pairs(task) {
  const project = app.store.project.get(task.projectId);
  const known = [
    ["Known from", task.statusReason && (SOURCES[task.statusReason.source] ?? task.statusReason.source)],
    ["Project", project?.name], ["Folder", project?.workingDir], ["Agent", task.agent ?? task.dispatch?.agent], ["Priority", task.priority],
    ["Attempts", task.maxAttempts > 1 ? `${task.attempt} of ${task.maxAttempts}` : null], ["Strategy", task.dispatch?.strategy], ["Usage", usageOf(task)], ["Skills", task.skillIds.join(", ")], ["Id", task.id],
  ];
  return known.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", { class: name === "Id" || name === "Folder" ? "mono" : null }, value)]);
}

// What all sessions of the tree used together.
function usageOf(task) {
  const sum = { input: 0, output: 0, cost: null };
  for (const session of app.store.session.values()) {
    if (!session.usage || !app.store.path(workingTask(app.store, session)).some((above) => above.id === task.id)) continue;
    sum.input += session.usage.input ?? 0;
    sum.output += session.usage.output ?? 0;
    if (session.usage.cost !== undefined && session.usage.cost !== null) sum.cost = (sum.cost ?? 0) + session.usage.cost;
  }
  return sum.input + sum.output > 0 ? usageWords(sum) : null;
}

function tookWords(task) {
  if (task.startedAt && task.completedAt) return h("span", {}, `took ${duration(task.completedAt - task.startedAt)}, `, passed(task.completedAt));
  if (task.status === "in_progress" && task.startedAt) return h("span", {}, "for ", since(task.startedAt));
  return task.attempt > 1 ? `attempt ${task.attempt} of ${task.maxAttempts}` : null;
}
