// Reads the state: all of it or, if the store is larger than a page should hold, the trees of the newest runs.

const PAGE = 1000;
// The maximum to hold; each entity takes about 1 kB.
const TASKS_HELD = 20_000;
const SESSIONS_HELD = 5_000;
const RUNS_HELD = 100;

// Returns the seq after which events bring the store up to date. Some of them are already included in what was read. That does no harm,
// because events carry values, so applying one twice changes nothing.
export async function readAll(call, store) {
  // The daemon answers in order, so everything requested after the status is at least as new as its seq.
  const [status, projects, runs, attention] = await Promise.all([
    call("system.status"), everything(call, "project.list"), call("run.list", { order: "newest", limit: PAGE }), everything(call, "attention.list"),
  ]);
  const [tasks, sessions] = [sum(status.tasks), sum(status.sessions)];
  const read = [["project", projects], ["run", runs.items ?? []], ["attention", attention]];
  if (tasks <= TASKS_HELD && sessions <= SESSIONS_HELD) {
    const [every, all] = await Promise.all([everything(call, "task.list", { order: "oldest" }), everything(call, "session.list", { order: "oldest" })]);
    read.push(["task", every], ["session", all]);
  } else read.push(...(await newest(call, read[1][1])));
  store.clear();
  for (const [kind, entities] of read) for (const entity of entities) store.put(kind, entity);
  store.put("system", { id: "system", frozen: status.frozen ?? false });
  store.partial = tasks > TASKS_HELD || sessions > SESSIONS_HELD;
  return status.seq;
}

async function everything(call, method, query = {}) {
  const found = [];
  for (let cursor; ;) {
    const page = await call(method, { ...query, limit: PAGE, ...(cursor ? { cursor } : {}) });
    found.push(...(page.items ?? []));
    if (!page.nextCursor) return found;
    cursor = page.nextCursor;
  }
}

async function newest(call, runs) {
  const [tasks, sessions] = [[], await everything(call, "session.list", { order: "oldest" }).then((all) => all.slice(-SESSIONS_HELD))];
  for (const run of runs.slice(0, RUNS_HELD)) {
    tasks.push(...((await call("run.get", { runId: run.id })).tasks ?? []));
    if (tasks.length > TASKS_HELD) break;
  }
  return [["task", tasks], ["session", sessions]];
}

// Whether the store has grown well beyond the maximum; then it is read again without old entities.
export function tooLarge(store) {
  return store.task.size > 1.5 * TASKS_HELD || store.session.size > 1.5 * SESSIONS_HELD || store.attention.size > SESSIONS_HELD;
}

function sum(counts) {
  return Object.values(counts ?? {}).reduce((total, count) => total + count, 0);
}
