// One session: its status and the reason, its terminal, its timeline, its facts.

import { sessionActions } from "../actions.js";
import { app } from "../app.js";
import { lookOf, workingTask } from "../model/rows.js";
import { SOURCES, exitWords, isLive, isTold, reasonWords, taskLook } from "../model/status.js";
import { duration, passed, since } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { usageWords } from "../model/progress.js";
import { actionButton, empty, pill, sign, tabs } from "../ui/parts.js";
import { go, route, sessionLink, taskLink } from "../ui/router.js";
import { backLink, projectName } from "./trail.js";
import { QuestionCards } from "./questions.js";
import { Conversation } from "./conversation.js";
import { Messages } from "./messages.js";
import { OutputView } from "./output.js";
import { TerminalView } from "./terminal.js";
import { Timeline } from "./timeline.js";
import { toggleWide } from "./wide.js";

// An agent with machine-readable output is shown as a conversation, any other in its terminal.
function tabsOf(session) {
  const rest = [["timeline", "Timeline"], ["why", "Why"]];
  if (isTold(session)) return [["conversation", "Conversation"], ["terminal", "Output"], ...rest];
  if (session.agent === "shell") return [["terminal", "Terminal"], ...rest];
  return [["terminal", "Terminal"], ["messages", "Messages"], ...rest];
}

export class SessionView {
  constructor(id) {
    this.id = id;
    this.head = h("header", { class: "detail-head" });
    this.questions = new QuestionCards();
    this.tabs = h("div", {});
    this.facts = h("div", { class: "facts" });
    this.body = h("div", { class: "detail-body" });
    this.element = h("article", { class: "session-view", "aria-label": "Session" }, this.head, this.questions.element, this.tabs, this.body);
  }

  take(event) {
    this.timeline?.take(event);
    this.messages?.take(event);
    this.conversation?.take(event);
    this.terminal?.take?.(event);
  }

  actions() {
    const session = app.store.session.get(this.id);
    return session ? sessionActions(session) : [];
  }

  focusTerminal() {
    if (route().tab) go(sessionLink(this.id), { replace: true });
    this.terminal?.focus();
  }

  dispose() {
    this.terminal?.dispose();
  }

  draw() {
    const session = app.store.session.get(this.id);
    if (!session) {
      keep(this.head, "gone", () => [backLink()]);
      keep(this.body, `gone ${app.live.seq === null}`, () => app.live.seq === null ? [] : empty("No such session", h("p", {}, "It was deleted, or the address belongs to another daemon."), h("a", { class: "button", href: "#sessions" }, "All sessions")));
      return;
    }
    const asked = app.store.questions().filter((question) => question.sessionId === this.id);
    this.questions.draw(asked);
    const [wanted, entries] = [route().tab, tabsOf(session)];
    const tab = entries.some(([name]) => name === wanted) ? wanted : session.terminal === "external" ? "timeline" : entries[0][0];
    this.#drawHead(session);
    keep(this.tabs, [tab, entries], () => h("div", { class: "tab-line" },
      tabs(entries, tab, (name) => go(sessionLink(this.id, name), { replace: true })),
      h("span", { class: "grow" }),
      tab === "terminal" && h("button", { class: "button plain small icon-only", title: "Copy the text", "aria-label": "Copy the text", onclick: () => this.terminal?.copy() }, icon("copy")),
      h("button", { class: "button plain small icon-only wide-toggle", title: "Use the whole window (f)", "aria-label": "Use the whole window", onclick: toggleWide }, icon("expand"), icon("shrink"))));
    keep(this.body, [tab, isTold(session)], () => this.#show(tab, session));
    if (tab === "messages") this.messages.draw(isLive(session));
    if (tab === "conversation") this.conversation.draw(isLive(session));
    if (tab === "why") this.#drawWhy(session);
  }

  #show(tab, session) {
    if (tab === "terminal" && session.terminal === "external") {
      return empty("No terminal here", h("p", {}, "This agent was started by hand. The daemon only follows its reports; use the terminal in which it runs."));
    }
    if (tab === "terminal") return this.#output(session).element;
    if (tab === "conversation") return (this.conversation ??= new Conversation(this.id)).element;
    if (tab === "messages") return (this.messages ??= new Messages(this.id)).element;
    if (tab === "timeline") return h("div", { class: "scroll" }, (this.timeline ??= new Timeline([{ sessionId: this.id }], (entry) => entry.sessionId === this.id)).element);
    return h("div", { class: "scroll" }, this.facts);
  }

  // Whether the output is machine-readable is known after the first output.
  #output(session) {
    const Kind = isTold(session) ? OutputView : TerminalView;
    if (!(this.terminal instanceof Kind)) {
      this.terminal?.dispose();
      this.terminal = new Kind(this.id);
    }
    return this.terminal;
  }

  #drawHead(session) {
    const look = lookOf(app.store, session);
    const task = app.store.task.get(workingTask(app.store, session));
    const reason = session.statusReason;
    keep(this.head, [session.name, look, reason, task?.title, session.agent, session.usage, session.live, session.attempt, session.startedAt, session.completedAt], () => [
      h("div", { class: "trail" }, backLink(), projectName(session), task && app.store.path(task.id).map((above) => [h("span", { "aria-hidden": "true" }, "›"), h("a", { class: "clip", href: taskLink(above.id) }, above.title)])),
      h("div", { class: "headline" }, h("h1", {}, icon("terminal"), session.name), h("div", { class: "head-actions" }, this.actions().map((action) => actionButton(action)))),
      h("div", { class: "state" }, pill(look),
        reason && h("span", { class: "reason", title: reason.detail }, `${session.live?.turn?.doing || reasonWords(reason)} `, h("span", { class: "muted" }, `— ${SOURCES[reason.source] ?? reason.source}, `, passed(reason.at))),
        h("span", { class: "state-facts" }, facts(session))),
    ]);
  }

  async #drawWhy(session) {
    const signature = [session.status, session.statusReason, session.live?.paused, session.live?.ending?.kind, session.usage, session.taskIds.map((id) => app.store.task.get(id)?.status)];
    const text = JSON.stringify(signature);
    if (this.explained === text) return;
    this.explained = text;
    const why = await app.read("session.why", { sessionId: this.id }).catch((error) => ({ explanation: [error.message], evidence: [] }));
    keep(this.facts, text, () => [
      h("section", { class: "fact" }, h("h2", {}, "Why"), h("ul", { class: "reasons" }, (why.explanation ?? []).map((words) => h("li", {}, words)))),
      h("section", { class: "fact" }, h("h2", {}, "Tasks"), session.taskIds.map((id) => app.store.task.get(id)).filter(Boolean).map((task) =>
        h("a", { class: "line", href: taskLink(task.id) }, sign(taskLook(task)), h("span", { class: "clip grow" }, task.title), h("span", { class: "muted" }, taskLook(task).word)))),
      h("section", { class: "fact" }, h("h2", {}, "Facts"), h("dl", { class: "pairs" }, pairs(session))),
    ]);
  }
}

function facts(session) {
  const usage = session.usage;
  return [
    h("span", { class: "chip" }, session.agent), session.role === "orchestrator" && h("span", { class: "chip" }, "orchestrator"),
    session.attempt > 1 && h("span", { class: "chip" }, `attempt ${session.attempt}`),
    usage && h("span", { class: "chip" }, usageWords(usage)),
    session.startedAt && session.completedAt ? h("time", {}, duration(session.completedAt - session.startedAt)) : isLive(session) && since(session.startedAt ?? session.createdAt),
  ];
}

function pairs(session) {
  const ended = session.exit;
  const known = [
    ["Agent", session.agent], ["Role", session.role], ["Strategy", session.strategy], ["Persona", session.persona], ["Skills", session.skills.join(", ")],
    ["Folder", session.workingDir], ["Process", session.process ? String(session.process.pid) : null],
    ["Ended", ended && (exitWords(ended) || ended.reason)],
    ["In a terminal", `maestroctl attach ${session.id}`], ["Id", session.id],
  ];
  return known.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", { class: ["Id", "Folder", "In a terminal"].includes(name) ? "mono" : null }, value)]);
}
