// Start something: a plan (Markdown or JSON, checked while it is written) or a request that a planner turns into one.

import { app } from "../app.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { openDialog } from "../ui/dialog.js";
import { tabs } from "../ui/parts.js";
import { placesOf } from "../model/projects.js";
import { go, taskLink } from "../ui/router.js";
import { complain, say } from "../ui/toast.js";
import { waveList } from "./plan_outline.js";

const CHECK_AFTER = 300;
const EXAMPLE = `# Say hello

## Greet {key=greet}
- [ ] In English
  \`\`\`sh
  echo hello
  \`\`\`
- [ ] In French
  \`\`\`sh
  echo bonjour
  \`\`\`

## Sum up {after=greet}
- [ ] Count the greetings
  \`\`\`sh
  echo 2
  \`\`\`
`;

export function openRunDialog() {
  new RunDialog();
}

class RunDialog {
  constructor() {
    this.kind = "plan";
    this.plan = h("textarea", { class: "field mono", rows: "14", spellcheck: "false", "aria-label": "Plan", placeholder: "# Title of the plan\n\n## A group\n- [ ] A subtask\n  ```sh\n  its commands\n  ```", oninput: () => this.#checkSoon() });
    this.text = h("textarea", { class: "field", rows: "5", "aria-label": "Request", placeholder: "What should be done? An agent plans the work, and other agents do it." });
    this.planner = h("input", { class: "field mono", placeholder: "examples/plan-repository", "aria-label": "Planner program", spellcheck: "false" });
    this.agent = h("select", { class: "field", "aria-label": "Agent", onchange: () => this.#choosePlanner() }, h("option", { value: "" }, "default"));
    this.agents = new Map();
    this.folder = h("input", { class: "field mono", placeholder: "/path/to/the/project", "aria-label": "Folder", spellcheck: "false" });
    this.folderField = labelled("Folder", this.folder);
    this.project = h("select", { class: "field", "aria-label": "Project", onchange: () => this.#chooseProject() });
    this.projectField = labelled("Project", this.project);
    this.projectField.hidden = true;
    this.plannerField = labelled("Planner program (this agent cannot plan by itself)", this.planner);
    this.approve = h("input", { type: "checkbox" });
    this.findings = h("div", { class: "findings", "aria-live": "polite" });
    this.head = h("div", {});
    this.form = h("div", { class: "run-form" });
    this.start = h("button", { class: "button primary", onclick: () => this.#start() }, icon("play"), "Run");
    this.dialog = openDialog({ title: "Run something", wide: true, body: [this.head, this.form], buttons: [h("button", { class: "button", onclick: () => this.dialog.close() }, "Cancel"), this.start] });
    this.dialog.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#start(); });
    this.#draw();
    this.#agents();
    this.#projects();
  }

  #draw() {
    keep(this.head, this.kind, () => tabs([["plan", "A plan"], ["request", "A request"]], this.kind, (name) => { this.kind = name; this.#draw(); }));
    keep(this.form, this.kind, () => (this.kind === "plan" ? this.#planForm() : this.#requestForm()));
    (this.kind === "plan" ? this.plan : this.text).focus();
  }

  #planForm() {
    const example = () => {
      this.plan.value = EXAMPLE;
      this.plan.setSelectionRange(0, 0);
      this.plan.focus();
      this.#check();
    };
    return [
      h("p", { class: "muted" }, "A Markdown checklist or JSON: groups run at the same time unless one depends on another. ", h("button", { class: "as-link", type: "button", onclick: example }, "Use an example")),
      this.plan, this.findings,
      h("div", { class: "two" }, labelled("Default agent", this.agent), this.#where()),
    ];
  }

  #requestForm() {
    return [
      this.text,
      h("div", { class: "two" }, labelled("Agent", this.agent), this.#where()),
      this.plannerField,
      h("label", { class: "check" }, this.approve, "Ask for my approval before work starts"),
    ];
  }

  #where() {
    return h("div", { class: "where" }, this.projectField, this.folderField);
  }

  // The projects by name and folder, unless the user has already typed a folder.
  async #projects() {
    const { items } = await app.read("project.list", { limit: 1000 }).catch(() => ({ items: [] }));
    const places = placesOf(items ?? [], app.store.run.values());
    if (!places[0] || places[0].problem || this.folder.value !== "") return;
    this.project.replaceChildren(...places.map(({ id, words, problem }) => h("option", { value: id, disabled: Boolean(problem) }, words)), h("option", { value: "" }, "Another folder…"));
    this.projectField.hidden = false;
    this.folderField.hidden = true;
  }

  #chooseProject() {
    this.folderField.hidden = this.project.value !== "";
    if (!this.folderField.hidden) this.folder.focus();
  }

  #place() {
    if (this.project.value) return { projectId: this.project.value };
    return this.folder.value.trim() ? { workingDir: this.folder.value.trim() } : {};
  }

  async #agents() {
    const { items } = await app.read("agent.list").catch(() => ({ items: [] }));
    for (const agent of items ?? []) {
      this.agents.set(agent.name, agent);
      const there = agent.available !== false;
      this.agent.append(h("option", { value: agent.name, disabled: !there, title: agent.missing ?? agent.description }, there ? agent.name : `${agent.name} (not installed)`));
    }
    this.#choosePlanner();
  }

  // Only an agent that cannot plan needs a planning program; the page does not know the default agent.
  #choosePlanner() {
    this.plannerField.hidden = this.agents.get(this.agent.value)?.plans ?? false;
  }

  #checkSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#check(), CHECK_AFTER);
  }

  async #check() {
    const given = planOf(this.plan.value);
    if (!given) {
      keep(this.findings, "", () => []);
      return;
    }
    const number = (this.checks = (this.checks ?? 0) + 1);
    const report = given.broken ? { ok: false, diagnostics: [{ path: "", message: given.broken }] } : await app.read("plan.check", given).catch((error) => ({ ok: false, diagnostics: [{ path: "", message: error.message }] }));
    if (number !== this.checks) return;
    keep(this.findings, report, () => [report.ok && waveList(report), (report.diagnostics ?? []).map((finding) => h("p", { class: "finding" }, finding.path && h("code", {}, `${finding.path} `), finding.message))]);
  }

  async #start() {
    const given = this.kind === "plan" ? planOf(this.plan.value) : requestOf(this);
    if (given && this.agent.value) given.agent = this.agent.value;
    if (!given) {
      complain({ message: this.kind === "plan" ? "Write a plan, or use the example." : "Describe what should be done." });
      return;
    }
    if (given.broken) {
      complain({ message: given.broken });
      return;
    }
    this.start.disabled = true;
    const run = await app.change("run.start", { ...given, ...this.#place() });
    this.start.disabled = false;
    if (!run) return;
    this.dialog.close();
    say("Started");
    go(taskLink(run.rootTaskId));
  }
}

function requestOf({ text, planner, plannerField, approve }) {
  if (!text.value.trim()) return null;
  return { text: text.value, ...(!plannerField.hidden && planner.value.trim() ? { planner: planner.value.trim().split(/\s+/) } : {}), ...(approve.checked ? { approve: true } : {}) };
}

function planOf(text) {
  if (!text.trim()) return null;
  if (!text.trim().startsWith("{")) return { markdown: text };
  try {
    return { plan: JSON.parse(text) };
  } catch (error) {
    return { broken: `This is not JSON: ${error.message}` };
  }
}

function labelled(words, ...controls) {
  return h("label", { class: "labelled" }, h("span", {}, words), controls);
}
