// A session's terminal over its own WebSocket: receives output, sends keys and sizes. It reconnects by itself at the byte it had
// reached. Keys typed while it is disconnected are held and sent when it is back. Keys that were under way when the connection broke are
// not sent again: a lost key is better than an answer given twice.

import { Heartbeat } from "./heartbeat.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
// Bytes of earlier output that are read when the terminal is opened.
const BEFORE = 1024 * 1024;
// Bytes of keys that are held while it is disconnected.
const HELD = 64 * 1024;

export class TerminalChannel {
  // `listener` has start({columns, rows, status}), bytes(Uint8Array), gap(count), end(exit), refused(message, typed) (the daemon
  // refused what was sent; `typed`: keys), full() (no room to hold more keys) and state("open" | "broken").
  constructor(sessionId, call, listener) {
    Object.assign(this, { sessionId, call, listener });
    this.offset = null;
    this.wait = FIRST_WAIT;
    this.closed = false;
    this.ready = false;
    this.held = [];
    this.encoder = new TextEncoder();
    this.#connect();
  }

  type(text) {
    this.typeBytes(this.encoder.encode(text));
  }

  typeBytes(bytes) {
    if (this.closed) return;
    const waiting = this.held.reduce((sum, piece) => sum + piece.length, 0);
    if (this.ready && this.#isOpen()) this.#sendKeys(bytes);
    else if (waiting + bytes.length <= HELD) this.held.push(bytes);
    else this.listener.full();
  }

  resize(columns, rows) {
    this.typed = false;
    if (this.#isOpen()) this.socket.send(JSON.stringify({ type: "resize", cols: columns, rows }));
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  async #connect() {
    if (this.offset === null) {
      const tail = await this.call("session.output", { sessionId: this.sessionId, lines: 1, limit: 1 }).catch(() => null);
      this.offset = Math.max(0, (tail?.end ?? 0) - BEFORE);
    }
    if (this.closed) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/sessions/${this.sessionId}/terminal?offset=${this.offset}`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    new Heartbeat(socket, () => { if (socket === this.socket) this.#broken(); });
    socket.addEventListener("message", ({ data }) => { if (socket === this.socket) this.#received(data); });
    socket.addEventListener("close", () => { if (socket === this.socket) this.#broken(); });
  }

  #received(data) {
    if (data instanceof ArrayBuffer) {
      this.offset += data.byteLength;
      this.listener.bytes(new Uint8Array(data));
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "start") this.#started(message);
    else if (message.type === "gap") this.#skipped(message.offset);
    else if (message.type === "end") this.#ended(message);
    else if (message.type === "error") this.listener.refused(message.message, this.typed);
  }

  #started(message) {
    this.wait = FIRST_WAIT;
    this.listener.state("open");
    this.listener.start({ columns: message.cols, rows: message.rows, status: message.status });
    if (message.offset > this.offset) this.#skipped(message.offset);
    this.offset = message.offset;
    this.ready = true;
    for (const bytes of this.held.splice(0)) this.#sendKeys(bytes);
  }

  #skipped(offset) {
    this.listener.gap(offset - this.offset);
    this.offset = offset;
  }

  #ended(message) {
    this.closed = true;
    this.listener.end(message.exit ?? null);
    this.socket.close();
  }

  #broken() {
    this.socket = null;
    this.ready = false;
    if (this.closed) return;
    this.listener.state("broken");
    this.timer = setTimeout(() => this.#connect(), this.wait);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 1.7);
  }

  #sendKeys(bytes) {
    this.typed = true;
    this.socket.send(bytes);
  }

  #isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }
}
