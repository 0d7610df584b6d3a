// State that the views share: the store, the connection to the daemon, the search, and the last lines of live sessions.

import { isTold } from "./model/status.js";
import { complain } from "./ui/toast.js";
import { Live } from "./wire/live.js";
import { Store } from "./wire/store.js";

const TAILS_EVERY = 1500;
const STATUS_EVERY = 15_000;

class App {
  constructor() {
    this.store = new Store();
    this.state = "connecting";
    this.view = { query: "", filter: "all", folds: new Map(), sessions: "live" };
    this.tails = new Map();
    this.tailsWanted = new Set();
    this.listeners = new Set();
    this.live = new Live(this.store, { onState: (state) => this.#become(state) });
    this.store.listeners.add(() => this.changed());
  }

  start() {
    this.live.start();
    setInterval(() => this.#readTails(), TAILS_EVERY);
    setInterval(() => { if (!document.hidden) this.live.refresh(); }, STATUS_EVERY);
  }

  // Calls `draw` whenever something that it may show has changed.
  onChange(draw) {
    this.listeners.add(draw);
  }

  changed() {
    for (const draw of this.listeners) draw();
  }

  // Makes a change, and shows the error if it is refused; the result is then undefined.
  async change(method, params) {
    try {
      return await this.live.change(method, params);
    } catch (error) {
      complain(error);
      return undefined;
    }
  }

  read(method, params) {
    return this.live.call(method, params);
  }

  #become(state) {
    this.state = state;
    this.changed();
  }

  // On each drawing, views name the sessions whose last lines they show.
  async #readTails() {
    const sessionIds = [...this.tailsWanted].slice(0, 100);
    this.tailsWanted.clear();
    if (this.state === "open" && !document.hidden && sessionIds.length > 0) {
      const { lines } = await this.read("session.tails", { sessionIds }).catch(() => ({ lines: {} }));
      this.tails = new Map(Object.entries(lines));
    }
    this.changed();
  }

  // A session's open question, else what it reports that it does, else its last output line.
  tail(sessionId) {
    const asked = this.store.questionOf(sessionId);
    if (asked) return asked.message.split("\n")[0];
    const session = this.store.session.get(sessionId);
    if (session?.live?.turn?.doing) return session.live.turn.doing;
    if (session && isTold(session)) return this.store.told.get(sessionId) ?? "";
    this.tailsWanted.add(sessionId);
    return this.tails.get(sessionId) ?? "";
  }
}

export const app = new App();
