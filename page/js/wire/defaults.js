// Defaults that a daemon of 0.1 leaves out; later ones send every member. Only store.js fills them in.

export const DEFAULTS = {
  task: {
    description: "", initialPrompt: "", status: "pending", statusReason: null, priority: "medium", dependencies: [], parentId: null,
    commands: [], checks: [], paths: [], agentIds: [], skillIds: [], dispatch: null, progress: 0, leaves: null, attempt: 1, attempts: [],
    maxAttempts: 1, notBefore: null, result: null, startedAt: null, completedAt: null,
  },
  session: {
    taskIds: [], unitTaskId: null, statusReason: null, parentSessionId: null, runId: null, attempt: 1, usage: null, terminal: "pty",
    exit: null, live: null, startedAt: null, completedAt: null, persona: null, readTo: 0, skills: [], workingDir: "",
  },
  run: { number: 0, title: "", paused: false, approve: false, planId: null, failure: null, usage: null, diagnostics: [], error: null, completedAt: null },
  attention: { number: 0, taskId: null, runId: null, planId: null, options: [], freeText: "none", answer: null, deadline: null, onTimeout: null, tool: null, input: null, digest: null },
  project: { description: "", settings: {} },
  plan: { groups: [], diagnostics: [], waves: [], criticalPath: [], mapping: [], runId: null, title: "", summary: "" },
  system: { frozen: false, frozenReason: "" },
};
