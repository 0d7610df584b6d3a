// The frame: chooses the list on the left and the detail on the right, and draws both when something changes.

import { app } from "../app.js";
import { tick } from "../ui/clock.js";
import { h } from "../ui/dom.js";
import { runEnded } from "../model/status.js";
import { go, link, onRoute, route } from "../ui/router.js";
import { Header } from "./header.js";
import { InboxList } from "./inbox.js";
import { Overview } from "./overview.js";
import { SessionView } from "./session.js";
import { SessionList } from "./sessions.js";
import { TaskView } from "./task.js";
import { divider, savedWidth } from "./wide.js";
import { WorkList } from "./work.js";

const PLACES = { work: "Work", sessions: "Sessions", inbox: "Inbox" };

export class Shell {
  constructor(element) {
    this.header = new Header();
    this.lists = { work: new WorkList(), sessions: new SessionList(), inbox: new InboxList() };
    this.overview = new Overview();
    this.title = h("h1", { class: "sr" });
    this.left = h("main", { class: "pane list", id: "list" });
    this.right = h("section", { class: "pane detail", "aria-label": "Detail" });
    this.panes = h("div", { class: "panes" }, this.left, divider(), this.right);
    this.panes.style.setProperty("--list-width", savedWidth());
    element.replaceChildren(this.header.element, this.header.notice, this.panes, this.header.tabbar);
    onRoute(() => this.draw());
    app.onChange(() => this.draw());
    app.live.onEvent = (event) => this.detail?.take?.(event);
  }

  list() {
    return this.lists[route().place];
  }

  actions() {
    return this.detail?.actions?.() ?? [];
  }

  focusList() {
    (this.list().list?.element ?? this.list().element).focus();
  }

  // Focuses the terminal that is shown, or opens that of the selected row.
  focusTerminal() {
    const taskId = this.lists.work.list.currentRow()?.key ?? route().id;
    if (route().kind !== "session") {
      const session = failedIn(taskId) ?? app.store.sessions(taskId).at(-1) ?? app.store.sessions(app.store.task.get(taskId)?.parentId).at(-1);
      if (!session) return;
      go(link({ kind: "session", id: session }));
      this.draw();
    }
    this.detail?.focusTerminal?.();
  }

  back() {
    if (this.panes.classList.contains("wide")) this.panes.classList.remove("wide");
    else if (route().id) go(link({}));
    this.focusList();
  }

  draw() {
    const { place, kind, id } = route();
    const list = this.lists[place];
    this.title.textContent = PLACES[place];
    if (this.left.lastChild !== list.element) this.left.replaceChildren(this.title, list.element);
    this.#choose(kind, id);
    this.panes.classList.toggle("has-detail", Boolean(id));
    if (!id) this.panes.classList.remove("wide");
    this.header.draw();
    list.draw();
    this.detail.draw();
    tick();
  }

  #choose(kind, id) {
    const key = id ? `${kind} ${id}` : "";
    if (this.shown === key && this.detail) return;
    this.shown = key;
    this.detail?.dispose?.();
    if (kind === "task") this.detail = new TaskView(id);
    else if (kind === "session") this.detail = new SessionView(id);
    else this.detail = this.overview;
    this.right.replaceChildren(this.detail.element);
  }
}

// For a failed run, the session in which it failed, not the last successful one.
function failedIn(taskId) {
  const run = app.store.run.get(app.store.runOf.get(taskId));
  const failed = run && runEnded(run) ? run.failure?.sessionId : null;
  return app.store.session.has(failed) ? failed : null;
}
