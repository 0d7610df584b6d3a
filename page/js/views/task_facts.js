// The facts about a task: its result, sessions, dependencies, instructions and earlier attempts.

import { app } from "../app.js";
import { lookOf } from "../model/rows.js";
import { SOURCES, hasFailed, taskLook } from "../model/status.js";
import { countsOf, usageWords } from "../model/progress.js";
import { duration, fullMoment } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { sign } from "../ui/parts.js";
import { sessionLink, taskLink } from "../ui/router.js";

export function drawFacts(element, task) {
  const { store } = app;
  const run = store.run.get(store.runOf.get(task.id));
  const before = task.dependencies.map((id) => store.task.get(id)).filter(Boolean);
  const after = store.children(task.parentId).map((id) => store.task.get(id)).filter((other) => other?.dependencies.includes(task.id));
  const sessions = store.sessions(task.id).map((id) => store.session.get(id)).filter(Boolean).reverse();
  const signature = [task.status, task.description, task.initialPrompt, task.result, task.statusReason, task.leaves, task.attempts, task.commands, task.checks, task.paths, run?.usage, before.map((other) => [other.id, other.status]), after.map((other) => [other.id, other.status]), sessions.map((session) => [session.id, session.status, session.live?.paused])];
  keep(element, signature, () => [
    task.result?.error && !hasFailed(task) && fact("Error", h("pre", { class: "bad" }, task.result.error)),
    task.result?.summary && fact("Result", h("pre", {}, task.result.summary)),
    sessions.length > 0 && fact("Sessions", sessions.map(sessionLine)),
    before.length > 0 && fact("Waits for", before.map(taskLine)),
    after.length > 0 && fact("Needed by", after.map(taskLine)),
    task.description && fact("Description", h("p", { class: "pre" }, task.description)),
    task.initialPrompt && task.initialPrompt !== task.title && fact("Prompt", h("p", { class: "pre" }, task.initialPrompt)),
    task.commands.length > 0 && fact("Commands", h("pre", {}, task.commands.join("\n"))),
    task.checks.length > 0 && fact("Checks", h("pre", {}, task.checks.join("\n"))),
    task.paths.length > 0 && fact("Files", h("pre", {}, task.paths.join("\n"))),
    task.attempts.length > 0 && fact("Earlier attempts", task.attempts.map(attemptLine).reverse()),
    fact("Facts", h("dl", { class: "pairs" }, pairs(task, run))),
  ]);
}

function fact(title, ...content) {
  return h("section", { class: "fact" }, h("h2", {}, title), content);
}

function taskLine(task) {
  return h("a", { class: "line", href: taskLink(task.id) }, sign(taskLook(task)), h("span", { class: "clip grow" }, task.title), h("span", { class: "muted" }, taskLook(task).word));
}

function sessionLine(session) {
  const look = lookOf(app.store, session);
  return h("a", { class: "line", href: sessionLink(session.id) }, sign(look), h("span", { class: "clip" }, session.name), h("span", { class: "chip" }, session.agent), h("span", { class: "grow" }), h("span", { class: "muted" }, look.word), icon("terminal"));
}

function attemptLine(attempt) {
  const took = attempt.startedAt && attempt.endedAt ? duration(attempt.endedAt - attempt.startedAt) : "";
  return h("div", { class: "line" }, sign(taskLook({ status: attempt.status })), h("span", { class: "clip grow" }, `${attempt.attempt}. ${attempt.error ?? attempt.status}`), h("span", { class: "muted" }, took),
    attempt.sessionId && app.store.session.has(attempt.sessionId) && h("a", { class: "link", href: sessionLink(attempt.sessionId) }, "output"));
}

function pairs(task, run) {
  const project = app.store.project.get(task.projectId);
  const known = [
    ["Evidence", task.statusReason && (SOURCES[task.statusReason.source] ?? task.statusReason.source)],
    ["Run", run?.number > 0 && `#${run.number}`], ["Started", run && fullMoment(run.createdAt)], ["Tasks", countsOf(task.leaves)],
    ["Project", project?.name], ["Folder", project?.workingDir], ["Agent", task.agent ?? task.dispatch?.agent], ["Priority", task.priority],
    ["Attempts", task.maxAttempts > 1 ? `${task.attempt} of ${task.maxAttempts}` : null], ["Strategy", task.dispatch?.strategy], ["Used", run?.usage && usageWords(run.usage)], ["Skills", task.skillIds.join(", ")], ["Id", task.id],
  ];
  return known.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", { class: name === "Id" || name === "Folder" ? "mono" : null }, value)]);
}
