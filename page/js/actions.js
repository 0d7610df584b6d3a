// The actions that a task, a run or a session allows now: one list for the buttons, the keys and the palette.

import { app } from "./app.js";
import { OVER, RETRIED, SKIPPABLE } from "./model/statuses.js";
import { hasFailed, isActive, isLive, isWaitingForOthers, runEnded } from "./model/status.js";
import { confirmDialog } from "./ui/dialog.js";
import { say } from "./ui/toast.js";

export function taskActions(task) {
  const { store } = app;
  const run = store.run.get(store.runOf.get(task.id));
  const actions = [];
  if (run) actions.push(...runActions(run));
  if (RETRIED.has(task.status) || (task.status === "blocked" && !isWaitingForOthers(task))) {
    actions.push({ key: "r", name: "Retry", icon: "retry", primary: hasFailed(task), act: () => retry(task) });
  }
  if (!run && task.parentId === null && !OVER.task.has(task.status) && !isActive(task)) {
    actions.push({ key: "e", name: "Run", icon: "play", primary: true, act: () => runTask(task) });
  }
  if (SKIPPABLE.has(task.status)) {
    actions.push({ name: "Skip", icon: "skip", act: () => skip(task) });
  }
  if (!OVER.task.has(task.status) && !run) actions.push({ key: "s", name: "Stop", icon: "stop", danger: true, act: () => cancel(task) });
  return actions;
}

function runActions(run) {
  if (runEnded(run)) return [];
  const hold = run.paused
    ? { key: "p", name: "Resume", icon: "play", primary: true, act: () => resumeRun(run) }
    : { key: "p", name: "Pause", icon: "pause", act: () => pauseRun(run) };
  return [hold, { key: "s", name: "Stop", icon: "stop", danger: true, act: () => cancelRun(run) }];
}

export function sessionActions(session) {
  if (!isLive(session) || session.live?.ending?.kind === "stopping") return [];
  const hold = session.live?.paused
    ? { key: "p", name: "Resume", icon: "play", primary: true, act: () => change("session.resume", { sessionId: session.id }, `${session.name} resumed`) }
    : { key: "p", name: "Pause", icon: "pause", act: () => change("session.pause", { sessionId: session.id }, `${session.name} paused`) };
  const held = session.terminal === "external" ? [] : [hold];
  return [...held, { key: "s", name: "Stop", icon: "stop", danger: true, act: () => stopSession(session) }];
}

// Returns the message if the answer is refused: it is shown where the answer was given, and the typed text is kept.
export async function answer(question, { value, reason = "", lasts = "once" }) {
  const given = { attentionId: question.id, value, ...(reason ? { reason } : {}), ...(lasts === "once" ? {} : { lasts }) };
  try {
    await app.live.change("attention.answer", given);
  } catch (error) {
    return error.message;
  }
  say(`Answered: ${value}${lasts === "session" ? ", for this session" : ""}`);
  return null;
}

// A stored plan, read once.
export async function readPlan(planId) {
  if (!app.store.plan.has(planId)) app.store.put("plan", await app.read("plan.get", { planId }));
  return app.store.plan.get(planId);
}

export async function freeze() {
  const sure = await confirmDialog({
    title: "Pause everything?",
    words: "Every session is paused and nothing new starts until you resume. Nothing is lost.",
    yes: "Pause everything", no: "Cancel",
  });
  if (sure) await change("system.freeze", { reason: "from the page" }, "Everything is paused");
}

export async function thaw() {
  await change("system.thaw", {}, "Resumed");
}

async function change(method, params, words) {
  const result = await app.change(method, params);
  if (result !== undefined && words) say(words);
  return result;
}

export async function retry(task) {
  await change("task.retry", { taskId: task.id }, `Retrying: ${task.title}`);
}

async function runTask(task) {
  await change("run.start", { taskId: task.id }, `Started: ${task.title}`);
}

async function skip(task) {
  const words = "The task is skipped, and tasks that depend on it continue as if it were done.";
  if (await confirmDialog({ title: `Skip “${task.title}”?`, words, yes: "Skip it", no: "Cancel", danger: false })) {
    await change("task.skip", { taskId: task.id, reason: "skipped on the page" }, `Skipped: ${task.title}`);
  }
}

async function cancel(task) {
  const words = "The task and everything below it are cancelled. Sessions that work on nothing else are stopped with all their processes. You can retry it later.";
  if (await confirmDialog({ title: `Stop “${task.title}”?`, words, yes: "Stop it" })) {
    await change("task.cancel", { taskId: task.id, reason: "stopped on the page" }, `Stopped: ${task.title}`);
  }
}

async function cancelRun(run) {
  const title = app.store.task.get(run.rootTaskId)?.title ?? "this run";
  const words = "The whole tree is cancelled, and its sessions are stopped with all their processes. Completed tasks stay completed; you can retry the rest later.";
  if (await confirmDialog({ title: `Stop “${title}”?`, words, yes: "Stop the run" })) {
    await change("run.cancel", { runId: run.id, reason: "stopped on the page" }, `Stopped: ${title}`);
  }
}

async function pauseRun(run) {
  await change("run.pause", { runId: run.id }, "Paused: nothing new starts, and its sessions are paused");
}

async function resumeRun(run) {
  await change("run.resume", { runId: run.id }, "Run resumed");
}

async function stopSession(session) {
  const words = "The agent is stopped with all its processes. Its task is returned or fails, according to its policy.";
  if (!(await confirmDialog({ title: `Stop session “${session.name}”?`, words, yes: "Stop it" }))) return;
  const result = await change("session.stop", { sessionId: session.id, reason: "stopped on the page" });
  if (result) say(`${session.name} stopped: ${result.left} ${result.left === 1 ? "process" : "processes"} left`);
}
