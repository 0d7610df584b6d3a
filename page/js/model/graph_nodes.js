// What a graph shows: the subtasks of a task, or the groups of a plan that is not applied yet.

import { taskLink } from "../ui/router.js";
import { FINISHED, reasonWords, taskLook } from "./status.js";
import { siblingNeeds } from "./waves.js";

export function taskNodes(store, parentId, asks, paused) {
  const needs = siblingNeeds(store, parentId);
  const nodes = store.children(parentId).map((id) => {
    const task = store.task.get(id);
    const look = taskLook(task, { asks: asks.has(id), paused: paused.has(id) });
    return { id, title: task.title, look, progress: task.status === "in_progress" ? task.progress : 0, href: taskLink(id), detail: detail(store, task, look) };
  });
  return { nodes, needs: (id) => [...(needs.get(id) ?? [])] };
}

function detail(store, task, look) {
  const children = store.children(task.id);
  if (children.length === 0) return task.status === "failed" ? reasonWords(task.statusReason) || look.word : look.word;
  const statuses = children.map((id) => store.task.get(id).status);
  const failed = statuses.filter((status) => status === "failed").length;
  const done = statuses.filter((status) => FINISHED.has(status)).length - failed;
  return failed > 0 ? `${failed} failed, ${done} done` : `${done} of ${children.length} done`;
}

export function planNodes(plan) {
  const look = { icon: "pending", tone: "quiet", word: "planned" };
  const keys = new Map(plan.groups.map((group) => [group.key, group]));
  const owner = new Map(plan.groups.flatMap((group) => group.subtasks.map((subtask) => [subtask.key, group.key])));
  const nodes = plan.groups.map((group) => ({ id: group.key, title: group.title, look, progress: 0, href: null, detail: `${group.subtasks.length} ${group.subtasks.length === 1 ? "subtask" : "subtasks"}${group.agent ? `, ${group.agent}` : ""}` }));
  const needs = (key) => {
    const group = keys.get(key);
    const lifted = group.subtasks.flatMap((subtask) => (subtask.dependsOn ?? []).map((other) => owner.get(other)));
    return [...new Set([...(group.dependsOn ?? []), ...lifted])].filter((other) => other && other !== key);
  };
  return { nodes, needs };
}
