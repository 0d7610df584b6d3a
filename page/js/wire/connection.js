// JSON-RPC over one WebSocket that reconnects by itself.
//
// A call made while the connection is down waits for it. Calls that change something carry a requestId, so the daemon does a repeated
// one only once. Calls that were pending when the connection broke are sent again, so a click is neither lost nor done twice.

import { Heartbeat } from "./heartbeat.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
const PATIENCE = 10_000;

class CallError extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.code = data?.code ?? String(code);
    this.status = code;
    this.details = data?.details ?? {};
  }
}

export class Connection {
  // `onOpen` subscribes; it is awaited before waiting calls are sent. `onState` gets "connecting", "open" or "signed-out".
  constructor({ url, onOpen, onNotification, onState }) {
    Object.assign(this, { url, onOpen, onNotification, onState });
    this.pending = new Map();
    this.number = 0;
    this.wait = FIRST_WAIT;
    this.socket = null;
    this.ready = false;
    for (const happening of ["online", "focus"]) window.addEventListener(happening, () => this.#hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#hurry(); });
  }

  start() {
    this.#connect();
  }

  // Resolves to the result, or rejects with a CallError. `changes`: the call changes something.
  call(method, params = {}, { changes = false, now = false } = {}) {
    const id = (this.number += 1);
    const given = changes ? { ...params, requestId: crypto.randomUUID() } : params;
    const frame = JSON.stringify({ jsonrpc: "2.0", id, method, params: given });
    return new Promise((resolve, reject) => {
      this.pending.set(id, { frame, resolve, reject, now });
      if (this.ready || now) this.#send(frame);
    });
  }

  #connect() {
    clearTimeout(this.timer);
    this.onState("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    new Heartbeat(socket, () => { if (socket === this.socket) this.#closed(); });
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => { if (socket === this.socket) this.#received(event.data); });
    socket.addEventListener("close", () => { if (socket === this.socket) this.#closed(); });
  }

  async #opened(socket) {
    if (socket !== this.socket) {
      socket.close();
      return;
    }
    try {
      await this.onOpen();
    } catch (error) {
      if (socket === this.socket) socket.close();
      return;
    }
    if (socket !== this.socket) return;
    this.wait = FIRST_WAIT;
    this.ready = true;
    for (const { frame } of this.pending.values()) this.#send(frame);
    this.onState("open");
  }

  #received(text) {
    const message = JSON.parse(text);
    if (message.jsonrpc === undefined) return;
    if (message.method !== undefined) this.onNotification(message.method, message.params);
    else this.#answered(message);
  }

  #answered({ id, result, error }) {
    const call = this.pending.get(id);
    if (!call) return;
    this.pending.delete(id);
    if (error) call.reject(new CallError(error));
    else call.resolve(result);
  }

  #closed() {
    this.socket = null;
    this.ready = false;
    // Calls bound to this connection end with it; all others wait for the next one.
    for (const [id, call] of this.pending) {
      if (call.now) {
        this.pending.delete(id);
        call.reject(new CallError({ code: 503, message: "the connection broke" }));
      }
    }
    this.onState("connecting");
    this.timer = setTimeout(() => this.#again(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 1.7);
  }

  // To a page, a refused upgrade looks like any broken connection, so a plain request checks whether the cookie is still valid.
  async #again() {
    try {
      const answer = await fetch("/api/status", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 401 || answer.status === 403) {
        this.onState("signed-out");
        this.timer = setTimeout(() => this.#again(), LONGEST_WAIT);
        return;
      }
    } catch {
      // no answer: the attempt below fails too, and waits longer
    }
    this.#connect();
  }

  #hurry() {
    if (this.socket === null) {
      this.wait = FIRST_WAIT;
      clearTimeout(this.timer);
      this.#again();
    }
  }

  isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  #send(frame) {
    if (this.isOpen()) this.socket.send(frame);
  }
}
