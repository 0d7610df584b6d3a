// Everything that the page knows, by kind and id, kept up to date by events. Entities are replaced, never changed, so a view can tell by
// identity whether it has already drawn one.

import { isTold } from "../model/status.js";
import { DEFAULTS } from "./defaults.js";

const NOTHING = Object.freeze([]);

export class Store {
  constructor() {
    this.listeners = new Set();
    this.clear();
  }

  clear() {
    for (const kind of Object.keys(DEFAULTS)) this[kind] = new Map();
    this.childrenOf = new Map();
    this.sessionsOf = new Map();
    this.runOf = new Map();
    this.open = new Set();
    this.told = new Map();
    this.version = (this.version ?? 0) + 1;
  }

  put(kind, data) {
    const entity = { ...DEFAULTS[kind], ...data };
    const known = this[kind].has(entity.id);
    this[kind].set(entity.id, entity);
    this.#index(kind, entity, known);
  }

  // Applies an event: a whole entity (`*.created`), a change, or a deletion.
  apply({ type, id, data, sessionId }) {
    if (type === "timeline.added" && isTold(this.session.get(sessionId) ?? {})) {
      this.told.set(sessionId, data.message?.split("\n")[0] ?? "");
      return true;
    }
    const kind = type.slice(0, type.indexOf("."));
    const shelf = this[kind];
    if (!(shelf instanceof Map)) return false;
    if (type.endsWith(".deleted")) this.#forget(kind, id);
    else if (shelf.has(id)) this.put(kind, { ...shelf.get(id), ...data });
    else if (data?.id) this.put(kind, data);
    else if (kind === "system") this.put(kind, { id, ...data });
    else return false;
    return true;
  }

  children(id) {
    return this.childrenOf.get(id) ?? NOTHING;
  }

  roots() {
    return this.childrenOf.get(null) ?? NOTHING;
  }

  sessions(taskId) {
    return this.sessionsOf.get(taskId) ?? NOTHING;
  }

  // The open questions, oldest first.
  questions() {
    return [...this.open].map((id) => this.attention.get(id)).sort((a, b) => a.openedAt - b.openedAt);
  }

  // Whether everything is frozen (the emergency stop).
  frozen() {
    return this.system.get("system")?.frozen ?? false;
  }

  // The oldest open question of a session, if it has one.
  questionOf(sessionId) {
    for (const id of this.open) if (this.attention.get(id).sessionId === sessionId) return this.attention.get(id);
    return null;
  }

  // The task and all its ancestors, the root first.
  path(taskId) {
    const path = [];
    for (let task = this.task.get(taskId); task; task = this.task.get(task.parentId)) path.unshift(task);
    return path;
  }

  changed() {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  #index(kind, entity, known) {
    if (kind === "task" && !known) push(this.childrenOf, entity.parentId, entity.id);
    else if (kind === "session") this.#link(entity);
    else if (kind === "run") this.runOf.set(entity.rootTaskId, entity.id);
    else if (kind === "attention") this.open[entity.answer ? "delete" : "add"](entity.id);
  }

  #link(session) {
    for (const taskId of tasksOf(session)) if (!this.sessions(taskId).includes(session.id)) push(this.sessionsOf, taskId, session.id);
  }

  #forget(kind, id) {
    const entity = this[kind].get(id);
    this[kind].delete(id);
    this.open.delete(id);
    if (kind === "task" && entity) pull(this.childrenOf, entity.parentId, id);
    if (kind === "session" && entity) for (const taskId of tasksOf(entity)) pull(this.sessionsOf, taskId, id);
  }
}

// A session works on its tasks for the unit that it was started for.
function tasksOf(session) {
  return new Set([session.unitTaskId, ...session.taskIds].filter(Boolean));
}

function push(lists, key, id) {
  const list = lists.get(key);
  if (list) list.push(id);
  else lists.set(key, [id]);
}

function pull(lists, key, id) {
  const list = lists.get(key);
  if (list) lists.set(key, list.filter((other) => other !== id));
}
