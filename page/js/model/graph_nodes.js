// The nodes of a graph: the subtasks of a task, or the groups of a plan that is not applied yet.

import { taskLink } from "../ui/router.js";
import { countsOf, counted } from "./progress.js";
import { hasFailed, isActive, reasonWords, taskLook } from "./status.js";
import { siblingNeeds } from "./waves.js";

export function taskNodes(store, parentId, asks, paused) {
  const needs = siblingNeeds(store, parentId);
  const nodes = store.children(parentId).map((id) => {
    const task = store.task.get(id);
    const look = taskLook(task, { asks: asks.has(id), paused: paused.has(id) });
    return { id, title: task.title, look, progress: isActive(task) ? task.progress : 0, href: taskLink(id), detail: detail(task, look), short: task.leaves && countsOf(task.leaves).replace(" completed", "") };
  });
  return { nodes, needs: (id) => [...(needs.get(id) ?? [])] };
}

function detail(task, look) {
  if (task.leaves) return countsOf(task.leaves);
  return hasFailed(task) ? reasonWords(task.statusReason) || look.word : look.word;
}

export function planNodes(plan) {
  const look = { icon: "pending", tone: "quiet", word: "planned" };
  const keys = new Map(plan.groups.map((group) => [group.key, group]));
  const owner = new Map(plan.groups.flatMap((group) => group.subtasks.map((subtask) => [subtask.key, group.key])));
  const nodes = plan.groups.map((group) => ({ id: group.key, title: group.title, look, progress: 0, href: null, detail: `${counted(group.subtasks.length, "subtask")}${group.agent ? `, ${group.agent}` : ""}` }));
  const needs = (key) => {
    const group = keys.get(key);
    const lifted = group.subtasks.flatMap((subtask) => (subtask.dependsOn ?? []).map((other) => owner.get(other)));
    return [...new Set([...(group.dependsOn ?? []), ...lifted])].filter((other) => other && other !== key);
  };
  return { nodes, needs };
}
