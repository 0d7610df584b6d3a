// The list of sessions: what each works on, and its last output line.

import { app } from "../app.js";
import { lookOf, sessionMatches, wordsOf, workingTask } from "../model/rows.js";
import { isLive } from "../model/status.js";
import { duration, since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { empty, sign } from "../ui/parts.js";
import { go, link, route } from "../ui/router.js";
import { VirtualList } from "../ui/virtual_list.js";

const KINDS = [["live", "Live"], ["failed", "Failed"], ["all", "All"]];

export class SessionList {
  constructor() {
    this.filters = h("div", { class: "filters", role: "group", "aria-label": "Show" });
    this.list = new VirtualList({
      label: "Sessions", make: () => h("div", { class: "session-row" }),
      patch: (element, row) => this.#row(element, row.session), onOpen: (row) => this.open(row),
    });
    this.nothing = h("div", { class: "nothing", hidden: true });
    this.element = h("section", { class: "work tall", "aria-label": "Sessions" }, this.filters, this.list.element, this.nothing);
  }

  draw() {
    const { store, view } = app;
    const words = wordsOf(view.query);
    const all = [...store.session.values()].reverse();
    const rows = all.filter((session) => this.#wanted(session, words.length > 0) && sessionMatches(words, session, store)).map((session) => ({ key: session.id, session }));
    const counts = { live: all.filter(isLive).length, failed: all.filter((session) => session.status === "failed").length, all: all.length };
    keep(this.filters, [view.sessions, counts], () => KINDS.map(([name, text]) => this.#filter(name, text, counts[name])));
    this.list.element.hidden = rows.length === 0;
    this.nothing.hidden = rows.length > 0;
    if (rows.length === 0) keep(this.nothing, [view.sessions, all.length, view.query], () => this.#nothing(all.length));
    const { kind, id } = route();
    if (kind === "session" && id !== this.shown) {
      this.shown = id;
      this.list.show(rows);
      this.list.select(id, { reveal: true });
    } else this.list.show(rows);
  }

  open(row) {
    if (row) go(link({ place: "sessions", kind: "session", id: row.key }));
  }

  fold() {}

  // A search includes ended sessions.
  #wanted(session, searching) {
    if (app.view.sessions === "live") return searching || isLive(session);
    return app.view.sessions === "all" || session.status === "failed";
  }

  #filter(name, words, count) {
    const choose = () => { app.view.sessions = name; app.changed(); };
    return h("button", { class: "filter", "aria-pressed": String(app.view.sessions === name), onclick: choose },
      words, count > 0 && h("span", { class: "count" }, String(count)));
  }

  #row(element, session) {
    const look = lookOf(app.store, session);
    const task = app.store.task.get(workingTask(app.store, session));
    const tail = isLive(session) ? app.tail(session.id) : session.statusReason?.detail?.split("\n")[0] ?? "";
    keep(element, [session.name, look.word, task?.title, tail, session.agent, session.startedAt, session.completedAt], () => [
      sign(look),
      h("span", { class: "two-lines" },
        h("span", { class: "first" }, h("b", { class: "clip" }, session.name), h("span", { class: "chip" }, session.agent), look.word === "needs you" && h("span", { class: "chip tone-waiting" }, "needs you"), h("span", { class: "grow" }), took(session)),
        h("span", { class: "second clip" }, tail || (task && task.title !== session.name ? task.title : look.word))),
    ]);
  }

  #nothing(total) {
    if (total === 0) return empty("No sessions yet", h("p", {}, "A session is one agent at work in its own terminal. Sessions appear here when you run something."));
    if (app.view.query.trim()) return empty("No matching sessions", h("p", {}, "The search covers name, agent, status and tasks."));
    return empty(app.view.sessions === "live" ? "No live sessions" : "No matching sessions",
      h("button", { class: "button", onclick: () => { app.view.sessions = "all"; app.changed(); } }, "Show all sessions"));
  }
}

function took(session) {
  if (session.startedAt && session.completedAt) return h("time", {}, duration(session.completedAt - session.startedAt));
  return isLive(session) ? since(session.startedAt ?? session.createdAt) : null;
}
