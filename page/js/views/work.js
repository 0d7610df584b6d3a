// The task tree: status, progress, dependencies, and the last line of what runs. Each wave has its own line.

import { taskActions } from "../actions.js";
import { app } from "../app.js";
import { countsOf, percent } from "../model/progress.js";
import { FILTERS, waveWords, asking, filterCounts, pausedTasks, rowsOf } from "../model/rows.js";
import { CATEGORY, OVER } from "../model/statuses.js";
import { hasFailed, isActive, isLive, isWaitingForOthers, reasonWords, taskLook } from "../model/status.js";
import { began, duration, fullMoment, since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { actionButton, bar, empty, sign } from "../ui/parts.js";
import { go, link, route } from "../ui/router.js";
import { VirtualList } from "../ui/virtual_list.js";
import { openRunDialog } from "./run_dialog.js";

export class WorkList {
  constructor() {
    this.filters = h("div", { class: "filters", role: "group", "aria-label": "Show" });
    this.list = new VirtualList({
      label: "Tasks", role: "tree", rowRole: "treeitem",
      make: (row) => h("div", { class: row.kind === "wave" ? "wave-row" : "task-row" }),
      patch: (element, row) => (row.kind === "wave" ? this.#wave(element, row) : this.#task(element, row)),
      onOpen: (row) => this.open(row),
    });
    this.nothing = h("div", { class: "nothing", hidden: true });
    this.element = h("section", { class: "work", "aria-label": "Work" }, this.filters, this.list.element, this.nothing);
    this.shown = null;
  }

  draw() {
    const { store, view } = app;
    this.asks = asking(store);
    this.paused = pausedTasks(store);
    const rows = rowsOf(store, view);
    const counts = filterCounts(store);
    keep(this.filters, [view.filter, counts], () => FILTERS.map(([name, words]) => this.#filter(name, words, counts[name])));
    this.filters.hidden = store.task.size === 0;
    this.list.element.hidden = rows.length === 0;
    this.nothing.hidden = rows.length > 0;
    if (rows.length === 0) keep(this.nothing, [store.task.size === 0, app.live.seq === null, app.state, view.query, view.filter], () => this.#nothing());
    const { kind, id } = route();
    if (kind === "task" && id !== this.shown) {
      this.shown = id;
      for (const above of store.path(id).slice(0, -1)) if (!rows.some((row) => row.key === id)) view.folds.set(above.id, true);
      this.list.rows = rows;
      this.list.show(rowsOf(store, view));
      this.list.select(id, { reveal: true });
    } else this.list.show(rows);
  }

  open(row) {
    if (row?.kind === "task") go(link({ place: "work", kind: "task", id: row.key }));
  }

  fold(open) {
    const row = this.list.currentRow();
    if (!row || row.kind !== "task") return;
    if (open && (row.leaf || row.open)) this.list.move(1);
    else if (!open && (row.leaf || !row.open)) this.list.select(row.task.parentId ?? row.key, { reveal: true });
    else this.#fold(row.task, open);
  }

  #fold(task, open) {
    app.view.folds.set(task.id, open);
    this.draw();
  }

  #filter(name, words, count) {
    const choose = () => { app.view.filter = name; app.changed(); };
    return h("button", { class: "filter", "aria-pressed": String(app.view.filter === name), onclick: choose },
      words, name !== "all" && count > 0 && h("span", { class: "count" }, String(count)));
  }

  #wave(element, row) {
    element.style.setProperty("--depth", row.depth);
    const words = waveWords(row.ids.map((id) => app.store.task.get(id)?.status));
    keep(element, [row.number, words], () => [h("b", {}, `Wave ${row.number}`), h("span", {}, words)]);
  }

  #task(element, row) {
    const { task } = row;
    const asks = this.asks.has(task.id);
    const look = taskLook(task, { asks, paused: this.paused.has(task.id), run: app.store.run.get(app.store.runOf.get(task.id)) });
    const run = app.store.run.get(app.store.runOf.get(task.id));
    const session = isActive(task) && row.leaf ? liveSession(task) : null;
    const tail = session ? app.tail(session.id) : "";
    element.style.setProperty("--depth", row.depth);
    element.setAttribute("aria-level", String(row.depth + 1));
    if (!row.leaf) element.setAttribute("aria-expanded", String(row.open));
    element.dataset.category = CATEGORY[task.status];
    const facts = [task.title, look.word, row.open, row.leaf, task.attempt, tail, task.startedAt, task.completedAt, task.priority, besides(task), row.dim, app.view.query, run?.number, task.leaves];
    keep(element, facts, () => this.#cells(row, look, tail, run));
    const inner = element.querySelector(".bar > i");
    if (inner) {
      inner.style.transform = `scaleX(${task.progress})`;
      inner.parentElement.setAttribute("aria-valuenow", Math.round(task.progress * 100));
      element.querySelector(".percent").textContent = percent(task.progress);
    }
  }

  #cells(row, look, tail, run) {
    const { task } = row;
    const words = besides(task);
    return [
      row.leaf ? h("span", { class: "fold" }) : h("button", { class: "fold", tabIndex: -1, "aria-label": row.open ? "Fold" : "Unfold", onclick: () => this.#fold(task, !row.open) }, icon("caret")),
      sign(look),
      run?.number > 0 && h("span", { class: "number" }, `#${run.number}`),
      h("span", { title: task.title, class: `title clip ${row.dim ? "muted" : ""}` }, marked(task.title, app.view.query)),
      look.word === "needs you" && row.leaf && h("span", { class: "chip tone-waiting" }, "needs you"),
      task.attempt > 1 && h("span", { class: "chip" }, `attempt ${task.attempt}`),
      task.priority === "high" && !OVER.task.has(task.status) && h("span", { class: "chip" }, "high"),
      words ? h("span", { class: "after clip", title: words }, words) : h("span", { class: "tail clip" }, tail),
      h("span", { class: "row-actions" }, taskActions(task).slice(0, 2).map((action) => actionButton(action, { small: true, named: false }))),
      !row.leaf && task.progress + isActive(task) > 0 && !OVER.task.has(task.status) && [bar(task.progress, "running"), h("span", { class: "percent" })],
      run && h("time", { class: "began", title: `Started ${fullMoment(run.createdAt)}` }, began(run.createdAt)),
      took(task),
    ];
  }

  #nothing() {
    if (app.state === "signed-out") return empty("You are signed out", h("p", {}, "On the machine that runs the daemon:"), h("pre", {}, "maestroctl ui"), h("p", {}, "It opens this page, or prints the address that does."));
    if (app.live.seq === null) return empty("Connecting…", h("p", {}, "Loading tasks from the daemon."));
    if (app.store.task.size > 0) {
      const reset = () => {
        Object.assign(app.view, { query: "", filter: "all" });
        document.querySelector(".find input").value = "";
        app.changed();
      };
      return empty("No matching tasks", h("p", {}, "No task matches the search and the filter."), h("button", { class: "button", onclick: reset }, "Show everything"));
    }
    return empty("Nothing to do yet",
      h("p", {}, "Submit a plan, or a request for an agent to plan. The task tree appears here and updates while agents work."),
      h("button", { class: "button primary", onclick: () => openRunDialog() }, icon("play"), "Run something"),
      h("p", {}, "or, in a terminal:"), h("pre", {}, "maestroctl run --plan plan.md"));
  }
}

function liveSession(task) {
  const ids = app.store.sessions(task.id);
  for (let position = ids.length - 1; position >= 0; position -= 1) {
    const session = app.store.session.get(ids[position]);
    if (session && isLive(session)) return session;
  }
  return null;
}

// The text beside the title: why a task failed, what blocks it, or the outcome of an ended parent's tasks.
function besides(task) {
  if (hasFailed(task)) return task.leaves ? `${countsOf(task.leaves)}: ${reasonWords(task.statusReason)}` : reasonWords(task.statusReason);
  if (CATEGORY[task.status] === "cancelled" && task.leaves) return countsOf(task.leaves);
  return waitsFor(task);
}

// What a blocked task waits for: the first two titles and how many more, or the task that blocks it.
function waitsFor(task) {
  if (task.status !== "blocked") return "";
  const inTheWay = app.store.task.get(task.statusReason?.by);
  if (task.statusReason?.code === "dependency_failed" && inTheWay) return `${inTheWay.title} failed`;
  if (!isWaitingForOthers(task)) return reasonWords(task.statusReason);
  const open = task.dependencies.map((id) => app.store.task.get(id)).filter((other) => other && !OVER.task.has(other.status));
  const [first, second] = open;
  if (!first) return "";
  return second ? `after ${first.title}, ${second.title}${open.length > 2 ? ` and ${open.length - 2} more` : ""}` : `after ${first.title}`;
}

function took(task) {
  if (task.startedAt && task.completedAt) return h("time", {}, duration(task.completedAt - task.startedAt));
  return task.startedAt && isActive(task) ? since(task.startedAt) : h("time", {});
}

// The title with the first search word highlighted.
function marked(title, query) {
  const word = query.trim().split(/\s+/)[0]?.toLowerCase();
  const at = word ? title.toLowerCase().indexOf(word) : -1;
  return at < 0 ? title : [title.slice(0, at), h("mark", {}, title.slice(at, at + word.length)), title.slice(at + word.length)];
}
