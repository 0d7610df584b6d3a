// How a status looks, from the contract's statuses and related facts, so that tree, graph, pills and filters agree.

import { ASKS, CATEGORY, LIMITED, LOOKS, OVER, PAUSED } from "./statuses.js";

const PLANNING = { icon: "running", tone: "running", word: "planning" };
const STOPPING = { icon: "running", tone: "quiet", word: "stopping" };

export function isLive(session) {
  return !OVER.session.has(session.status);
}

// Whether its output is a machine-readable stream that the daemon reads into the timeline.
export function isTold(session) {
  return session.readTo > 0;
}

export function runEnded(run) {
  return OVER.run.has(run.status);
}

export function isActive(task) {
  return CATEGORY[task.status] === "active";
}

export function hasFailed(task) {
  return CATEGORY[task.status] === "failed";
}

// `run` is the run of which the task is the root.
export function taskLook(task, { asks = false, paused = false, run = null } = {}) {
  if (run?.status === "planning" && !isActive(task)) return PLANNING;
  if (asks && !OVER.task.has(task.status)) return ASKS;
  if (paused && isActive(task)) return PAUSED;
  const look = LOOKS.task[task.status] ?? unknownLook(task.status);
  if (CATEGORY[task.status] !== "blocked") return look;
  return isWaitingForOthers(task) ? { ...look, word: "waiting" } : { ...look, tone: "waiting" };
}

export function sessionLook(session, { asks = false, held = false } = {}) {
  if (isLive(session)) {
    if (session.live?.ending?.kind === "stopping") return STOPPING;
    if (asks) return ASKS;
    if (session.live?.paused || held) return PAUSED;
    if (session.live?.wait) return LIMITED;
  }
  return LOOKS.session[session.status] ?? unknownLook(session.status);
}

// A status from a newer daemon is shown by its name.
export function unknownLook(status) {
  return { icon: "pending", tone: "quiet", word: String(status).replaceAll("_", " "), unknown: true };
}

// A task that waits for its dependencies is also `blocked`; the reason distinguishes the two.
export function isWaitingForOthers(task) {
  return task.statusReason?.code === "dependency";
}

// Words for codes that come without a detail.
const CODES = {
  work: "works on a task", rest: "between tasks", registered: "the agent is ready", spawned: "started", finished: "all its tasks are done",
  started: "the agent started", exited: "the agent's process ended", turn_started: "the agent began a turn", turn_ended: "the agent waits for its next turn",
};

// A reason as a sentence: what happened, and the source of that information.
export function reasonWords(reason) {
  if (!reason) return "";
  const what = (reason.detail || CODES[reason.code] || reason.code.replaceAll("_", " ")).split("\n")[0];
  return what.length > 220 ? `${what.slice(0, 220)}…` : what;
}

export const SOURCES = {
  hook: "reported by the agent's hook", process: "from the process", report: "reported by the agent", timer: "from a timer",
  user: "by you", recovery: "recovered after a restart", plan: "follows from the plan", stream: "read from the agent's output", screen: "read from its screen",
};

/** How a session's process ended: "by SIGTERM", "with exit code 3"; empty if unknown. */
export function exitWords(exit) {
  if (exit?.signal) return `by ${/^\d/.test(exit.signal) ? "signal " : "SIG"}${exit.signal}`;
  return exit && exit.code !== undefined && exit.code !== null ? `with exit code ${exit.code}` : "";
}
