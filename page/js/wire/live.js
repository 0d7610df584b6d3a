// Keeps the store what the daemon has: read once, then every event in order, also across broken lines and restarts of the daemon.
//
// Events are numbered without a gap. A number that is not the next one, or `event.resync_required`, means that something was missed: then
// the events are asked for again from the last one seen, or everything is read anew.
//
// Numbers alone do not say that a daemon which comes back has the same history: a store that was put back from a copy, or repaired
// after damage, gives out the same numbers again. So each new connection asks for the last event that was seen.

import { daemonTime } from "../ui/clock.js";
import { Connection } from "./connection.js";
import { readAll, tooLarge } from "./snapshot.js";

export class Live {
  constructor(store, { onState }) {
    this.store = store;
    this.onState = onState;
    this.seq = null;
    this.last = null;
    this.status = null;
    this.resyncs = 0;
    this.rest = 0;
    this.connection = new Connection({
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
      onOpen: () => this.#opened(),
      onNotification: (method, params) => this.#notified(method, params),
      onState,
    });
  }

  start() {
    this.connection.start();
  }

  call(method, params, options) {
    return this.connection.call(method, params, options);
  }

  // A call that changes something.
  change(method, params) {
    return this.connection.call(method, params, { changes: true });
  }

  async #opened() {
    if (this.seq !== null && !(await this.#sameHistory())) this.#forget();
    await this.#follow();
  }

  async #follow() {
    if (this.seq === null) await this.#read();
    try {
      await this.#subscribe();
    } catch (error) {
      if (error.code !== "event.resync_required") throw error;
      this.#forget();
      await this.#read();
      await this.#subscribe();
    }
    this.refresh();
  }

  async #read() {
    const call = (method, params) => this.connection.call(method, params, { now: true });
    const seq = await readAll(call, this.store);
    this.last = await this.#eventAt(seq);
    this.seq = seq;
    this.#changed();
  }

  // Read everything anew at the next chance.
  #forget() {
    this.resyncs += 1;
    this.seq = null;
  }

  async #sameHistory() {
    if (this.last?.seq !== this.seq) return false;
    return isSameEvent(await this.#eventAt(this.seq), this.last);
  }

  // The event with a number, or null where the daemon cannot tell it: it is gone, has not happened, or is not yet on its disk.
  async #eventAt(seq) {
    if (seq === 0) return null;
    try {
      const { items } = await this.connection.call("event.list", { since: seq - 1, limit: 1 }, { now: true });
      return items?.[0] ?? null;
    } catch (error) {
      if (error.code !== "event.resync_required") throw error;
      return null;
    }
  }

  async #subscribe() {
    const { subscription } = await this.connection.call("event.subscribe", { since: this.seq }, { now: true });
    this.subscription = subscription;
  }

  // How the daemon is, which no event tells: its problems, its slots. Also notices a page that has grown over weeks.
  async refresh() {
    if (!this.connection.isOpen()) return;
    const status = await this.connection.call("system.status", {}, { now: true }).catch(() => null);
    if (!status) return;
    this.status = status;
    if (this.seq !== null && tooLarge(this.store)) {
      this.#forget();
      this.#again();
    }
    this.#changed();
  }

  #notified(method, params) {
    if (method === "event") this.#happened(params.event);
    else if (method === "event.overflow") this.#again();
  }

  #happened(event) {
    if (event.seq <= this.seq) return;
    if (event.seq !== this.seq + 1) {
      this.#again();
      return;
    }
    this.seq = event.seq;
    this.last = event;
    daemonTime(event.at);
    if (this.store.apply(event)) this.#changed();
    this.onEvent?.(event);
  }

  #again() {
    if (this.asking) return;
    this.asking = true;
    // a subscription that overflowed is over already, and is not known any more
    const end = this.connection.call("event.unsubscribe", { subscription: this.subscription }, { now: true }).catch(() => null);
    end.then(() => this.#follow()).catch(() => this.connection.socket?.close()).finally(() => { this.asking = false; });
  }

  // Many events in one frame of the screen are one drawing; and drawing takes a quarter of the time at most, however much there is.
  #changed() {
    if (this.drawing) return;
    this.drawing = true;
    const draw = () => {
      const begun = performance.now();
      this.drawing = false;
      this.store.changed();
      this.rest = 3 * (performance.now() - begun);
    };
    const wait = document.hidden ? 200 : this.rest;
    if (wait > 20) setTimeout(draw, wait);
    else requestAnimationFrame(draw);
  }
}

function isSameEvent(one, other) {
  return ["seq", "at", "type", "id"].every((member) => one?.[member] === other[member]);
}
