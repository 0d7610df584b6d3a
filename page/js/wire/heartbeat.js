// Notices a line that is dead and has not ended: a machine that slept, a network that went. No browser tells.
//
// A line has to be open in time. Now and then, and whenever somebody comes back to the page, the daemon is asked for a sign of life; `onSilence` is called once when
// none comes. Closing such a socket takes the browser many seconds more, so whoever owns it should not wait for that.

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
