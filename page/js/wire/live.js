// Keeps the store equal to the daemon's state: reads it once, then applies every event in order, also across reconnections and restarts.
//
// Events are numbered without gaps. A number that is not the next one, or `event.resync_required`, means that events were missed. Then
// the page requests the events since the last one it knows, or reads everything again.
//
// Numbers alone do not identify a history: a store that was restored from a backup, or repaired after damage, uses the same numbers again.
// So each new connection compares the last known event with the daemon's.

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

  // Makes a call that changes something.
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

  // Makes the next step read everything again.
  #forget() {
    this.resyncs += 1;
    this.seq = null;
  }

  async #sameHistory() {
    if (this.last?.seq !== this.seq) return false;
    return isSameEvent(await this.#eventAt(this.seq), this.last);
  }

  // The event with this number; null if the daemon does not have it: it is gone, has not happened, or is not on disk yet.
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

  // Reads the daemon's status, which no event reports: its problems and slots. Also notices that the page has grown over weeks.
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
    // a subscription that overflowed has already ended, and the daemon no longer knows it
    const end = this.connection.call("event.unsubscribe", { subscription: this.subscription }, { now: true }).catch(() => null);
    end.then(() => this.#follow()).catch(() => this.connection.socket?.close()).finally(() => { this.asking = false; });
  }

  // All events in one frame cause one drawing, and drawing takes at most a quarter of the time.
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
