// Notices a connection that is dead but was not closed, for example after the machine slept or lost its network. Browsers do not report it.
//
// A connection must open in time. From time to time, and when the user comes back to the page, it sends a ping; `onSilence` is called
// once if no answer comes. Browsers need many seconds to close such a socket, so its owner should not wait for that.

const ASK_EVERY = 20_000;
const ANSWER_WITHIN = 10_000;

export class Heartbeat {
  constructor(socket, onSilence) {
    Object.assign(this, { socket, onSilence });
    this.heard = performance.now();
    this.ended = new AbortController();
    const { signal } = this.ended;
    socket.addEventListener("message", () => { this.heard = performance.now(); }, { signal });
    socket.addEventListener("close", () => this.#end(), { signal });
    for (const happening of ["online", "focus"]) window.addEventListener(happening, () => this.#ask(), { signal });
    this.timer = setInterval(() => this.#ask(), ASK_EVERY);
    this.deadline = setTimeout(() => this.#judge(socket.readyState === WebSocket.CONNECTING), ANSWER_WITHIN);
  }

  #ask() {
    if (this.deadline || this.socket.readyState !== WebSocket.OPEN) return;
    const asked = performance.now();
    this.socket.send('{"type":"ping"}');
    this.deadline = setTimeout(() => this.#judge(this.heard < asked), ANSWER_WITHIN);
  }

  #judge(silent) {
    this.deadline = null;
    if (!silent) return;
    this.#end();
    this.socket.close();
    this.onSilence();
  }

  #end() {
    clearInterval(this.timer);
    clearTimeout(this.deadline);
    this.ended.abort();
  }
}
