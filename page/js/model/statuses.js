// Made from the contract by `make docs`: the only place of the page that lists statuses.

// Statuses in which nothing more happens, by kind.
export const OVER = {
  task: new Set(["completed", "failed", "skipped", "cancelled"]),
  session: new Set(["completed", "failed", "stopped"]),
  run: new Set(["completed", "failed", "cancelled"]),
  message: new Set(["answered", "failed"]),
};

// How a status looks, by kind.
export const LOOKS = {
  task: {
    pending: { icon: "pending", tone: "quiet", word: "pending" },
    blocked: { icon: "blocked", tone: "quiet", word: "blocked" },
    in_progress: { icon: "running", tone: "running", word: "in progress" },
    completed: { icon: "done", tone: "done", word: "completed" },
    failed: { icon: "failed", tone: "failed", word: "failed" },
    skipped: { icon: "skipped", tone: "quiet", word: "skipped" },
    cancelled: { icon: "cancelled", tone: "quiet", word: "cancelled" },
  },
  session: {
    spawning: { icon: "running", tone: "running", word: "starting" },
    idle: { icon: "idle", tone: "running", word: "idle" },
    working: { icon: "running", tone: "running", word: "working" },
    completed: { icon: "done", tone: "done", word: "completed" },
    failed: { icon: "failed", tone: "failed", word: "failed" },
    stopped: { icon: "cancelled", tone: "quiet", word: "stopped" },
  },
};

// What is more telling than the status.
export const ASKS = { icon: "question", tone: "waiting", word: "needs you" };
export const PAUSED = { icon: "paused", tone: "waiting", word: "paused" };
export const LIMITED = { icon: "paused", tone: "waiting", word: "usage limit" };

// What a task's status means to everything around it, as in `TaskCategory`.
export const CATEGORY = {
  pending: "open",
  blocked: "blocked",
  in_progress: "active",
  completed: "completed",
  failed: "failed",
  skipped: "skipped",
  cancelled: "cancelled",
};

// Statuses in which a task has ended, and what depends on it can begin.
export const DONE = new Set(["completed", "skipped"]);

// Statuses in which a retry of the tree retries a task.
export const RETRIED = new Set(["failed", "skipped", "cancelled"]);

// Statuses in which a user can skip a task without taking it from an agent.
export const SKIPPABLE = new Set(["pending", "blocked", "failed"]);

// What is counted below a parent, in the order in which it is listed.
export const OUTCOMES = ["completed", "failed", "skipped", "cancelled"];
