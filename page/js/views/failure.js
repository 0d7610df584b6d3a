// Why something failed: the task that failed first, its error, the last lines of its session's output, and how to retry.

import { retry } from "../actions.js";
import { app } from "../app.js";
import { hasFailed } from "../model/status.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { actionButton } from "../ui/parts.js";
import { sessionLink, taskLink } from "../ui/router.js";

const OUTPUT_LINES = 6;
const ERROR_LINES = 14;

// The failure of one task or run, read from the daemon each time the task fails.
export class FailureCard {
  constructor(taskId) {
    this.taskId = taskId;
    this.element = h("section", { class: "failure", role: "region", "aria-label": "Why it failed", hidden: true });
  }

  draw(task) {
    this.element.hidden = !hasFailed(task) || !this.shown;
    if (!hasFailed(task)) {
      this.read = null;
      return;
    }
    const which = `${task.attempt} ${task.completedAt} ${JSON.stringify(task.leaves)}`;
    if (this.read === which) return;
    this.read = which;
    this.#read(task);
  }

  async #read(task) {
    const { failure } = await app.read("task.get", { taskId: task.id }).catch(() => ({}));
    if (!failure) return;
    const output = await lastOutput(failure);
    this.shown = true;
    keep(this.element, [failure, output], () => card(task, failure, output));
    app.changed();
  }
}

function card(task, failure, output) {
  const elsewhere = failure.taskId !== task.id;
  const others = failure.failed - 1;
  return [
    h("h2", {}, elsewhere ? ["Failed task: ", h("a", { class: "link", href: taskLink(failure.taskId, "details") }, failure.title)] : "Error",
      failure.attempt > 1 && h("span", { class: "muted" }, ` attempt ${failure.attempt}`)),
    h("pre", { class: "bad" }, shortened(failure.error || "no reason given")),
    output && [h("h3", {}, "Last output"), h("pre", {}, output)],
    others > 0 && h("p", { class: "muted" }, `${others} other task${others === 1 ? "" : "s"} failed too.`),
    h("div", { class: "choices" },
      elsewhere && actionButton({ name: "Retry what failed", icon: "retry", primary: true, act: () => retry(task) }),
      failure.sessionId && h("a", { class: "button", href: sessionLink(failure.sessionId) }, icon("terminal"), "Open its session")),
  ];
}

function shortened(error) {
  const lines = error.trimEnd().split("\n");
  if (lines.length <= ERROR_LINES) return lines.join("\n");
  return [lines[0], `… ${lines.length - ERROR_LINES} lines …`, ...lines.slice(2 - ERROR_LINES)].join("\n");
}

// Only if the error does not contain it already. If the output is gone, the error alone is shown.
async function lastOutput({ sessionId, error }) {
  if (!sessionId || error.trim().includes("\n")) return "";
  const session = app.store.session.get(sessionId);
  if (session?.readTo > 0) {
    const { items } = await app.read("session.timeline", { sessionId, backward: true, limit: OUTPUT_LINES }).catch(() => ({ items: [] }));
    return (items ?? []).sort((a, b) => a.seq - b.seq).map((entry) => (entry.message || entry.type).split("\n")[0]).join("\n");
  }
  const { data } = await app.read("session.output", { sessionId, lines: OUTPUT_LINES }).catch(() => ({ data: "" }));
  return plain(new TextDecoder().decode(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))));
}

// Without control sequences (ECMA-48) and empty lines.
function plain(text) {
  return text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u0000-\u0008\u000b-\u001f]/g, "").split("\n").filter((line) => line.trim()).slice(-OUTPUT_LINES).join("\n");
}
