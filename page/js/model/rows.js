// The tree as rows, according to folds, search and filter.

import { DONE, OVER } from "./statuses.js";
import { hasFailed, isActive, isLive, sessionLook, taskLook } from "./status.js";
import { wavesOf } from "./waves.js";

export const FILTERS = [
  ["all", "All"],
  ["active", "Active"],
  ["asks", "Needs you"],
  ["failed", "Failed"],
  ["done", "Done"],
];

// Tasks (with their ancestors) that have an open question: from their session, or about the approval of their plan.
export function asking(store) {
  const found = new Set();
  for (const id of store.open) {
    const question = store.attention.get(id);
    const session = store.session.get(question.sessionId);
    const taskId = question.taskId ?? workingTask(store, session);
    for (const task of store.path(taskId)) found.add(task.id);
  }
  return found;
}

// How a session looks, including its open question and a freeze of everything.
export function lookOf(store, session) {
  return sessionLook(session, { asks: store.questionOf(session.id) !== null, held: store.frozen() });
}

// The task that a session works on now, or the unit that it was started for.
export function workingTask(store, session) {
  if (!session) return null;
  const now = session.taskIds.find((id) => store.task.has(id) && isActive(store.task.get(id)));
  return now ?? session.unitTaskId ?? session.taskIds[0] ?? null;
}

// Tasks (with their ancestors) whose session is paused.
export function pausedTasks(store) {
  const found = new Set();
  for (const session of store.session.values()) {
    if ((session.live?.paused || store.frozen()) && isLive(session)) for (const task of store.path(workingTask(store, session))) found.add(task.id);
  }
  for (const run of store.run.values()) if (run.paused) found.add(run.rootTaskId);
  return found;
}

export function passes(filter, task, asks) {
  if (filter === "active") return isActive(task) || asks;
  if (filter === "asks") return asks;
  if (filter === "failed") return hasFailed(task);
  if (filter === "done") return DONE.has(task.status);
  return true;
}

// The text that a search for tasks covers: all words must occur in title, id, run number, status or reason.
export function matches(words, task, run = null) {
  return hasAll(words, [task.title, task.id, run?.number > 0 ? `#${run.number}` : "", task.status, taskLook(task).word, task.statusReason?.detail]);
}

// The text that a search for sessions covers: all words must occur in name, agent, status, task titles, id or reason.
export function sessionMatches(words, session, store) {
  const titles = [session.unitTaskId, ...session.taskIds].map((id) => store.task.get(id)?.title);
  return hasAll(words, [session.name, session.agent, session.status, lookOf(store, session).word, session.id, session.statusReason?.detail, ...titles]);
}

function hasAll(words, places) {
  const text = places.filter(Boolean).join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

export function wordsOf(query) {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

// A tree is unfolded while something in it is of interest, unless the user decided otherwise.
function isOpen(store, folds, task, newest) {
  if (folds.has(task.id)) return folds.get(task.id);
  if (task.parentId === null) return !OVER.task.has(task.status) || task.id === newest;
  return isActive(task) || hasFailed(task) || store.task.size < 200;
}

// Rows from top to bottom: {key, kind: "task", task, depth, open, leaf} and {key, kind: "wave", ...}; `view` holds folds, filter and query.
export function rowsOf(store, view) {
  const words = wordsOf(view.query);
  const searching = words.length > 0 || view.filter !== "all";
  const wanted = searching ? found(store, view, words) : null;
  const rows = [];
  const roots = oldestFirst(store);
  const stack = roots.map((id) => ({ id, depth: 0 }));
  while (stack.length > 0) {
    const next = stack.pop();
    if (next.wave) {
      rows.push(next.wave);
      continue;
    }
    const task = store.task.get(next.id);
    if (!task || (wanted && !wanted.has(task.id))) continue;
    const children = store.children(task.id);
    const open = children.length > 0 && (searching ? view.folds.get(task.id) !== false : isOpen(store, view.folds, task, roots.at(-1)));
    rows.push({ key: task.id, kind: "task", task, depth: next.depth, open, leaf: children.length === 0, dim: searching && !wanted.get(task.id) });
    if (open) stack.push(...below(store, task, next.depth + 1, wanted).reverse());
  }
  return rows;
}

// The roots. Rows are made from the end of this list, so that the newest come first.
function oldestFirst(store) {
  return [...store.roots()].sort((a, b) => store.task.get(a).createdAt - store.task.get(b).createdAt || (a < b ? -1 : 1));
}

// The outcome of a wave, or how many of its tasks can run in parallel.
export function waveWords(statuses) {
  const failed = statuses.filter((status) => hasFailed({ status })).length;
  if (failed > 0) return `${failed} failed`;
  if (statuses.every((status) => DONE.has(status))) return "done";
  if (statuses.every((status) => OVER.task.has(status))) return "cancelled";
  return statuses.length > 1 ? `${statuses.length} side by side` : "";
}

// The children wave by wave, with a line before each wave if there is more than one.
function below(store, task, depth, wanted) {
  const waves = wavesOf(store, task.id);
  if (waves.length < 2) return (waves[0] ?? []).map((id) => ({ id, depth }));
  return waves.flatMap((ids, number) => {
    const shown = wanted ? ids.filter((id) => wanted.has(id)) : ids;
    if (shown.length === 0) return [];
    const wave = { key: `${task.id}-wave-${number}`, kind: "wave", selectable: false, depth, number: number + 1, count: ids.length, ids };
    return [{ wave }, ...shown.map((id) => ({ id, depth }))];
  });
}

// The ids to show: true for a match, false for an ancestor of a match.
function found(store, view, words) {
  const asks = asking(store);
  const wanted = new Map();
  for (const task of store.task.values()) {
    if (!passes(view.filter, task, asks.has(task.id)) || !matches(words, task, store.run.get(store.runOf.get(task.id)))) continue;
    for (const above of store.path(task.id)) if (!wanted.has(above.id)) wanted.set(above.id, false);
    wanted.set(task.id, true);
  }
  return wanted;
}

export function filterCounts(store) {
  const asks = asking(store);
  const counts = Object.fromEntries(FILTERS.map(([name]) => [name, 0]));
  for (const task of store.task.values()) {
    for (const [name] of FILTERS) if (passes(name, task, asks.has(task.id)) && isLeafy(store, task, name)) counts[name] += 1;
  }
  return counts;
}

// Parents are not counted, only their leaves.
function isLeafy(store, task, filter) {
  return filter === "all" || store.children(task.id).length === 0;
}
