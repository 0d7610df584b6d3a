// Made from the contract by `make docs`: the statuses in which nothing more happens, by kind.

export const OVER = {
  task: new Set(["completed", "failed", "skipped", "cancelled"]),
  session: new Set(["completed", "failed", "stopped"]),
  run: new Set(["completed", "failed", "cancelled"]),
  message: new Set(["answered", "failed"]),
};

// Those in which a task is over and nobody misses anything.
export const DONE = new Set(["completed", "skipped"]);
