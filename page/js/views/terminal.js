// A session's terminal on the page: live output with bounded memory, typing, size, and scrollback.

import { app } from "../app.js";
import { exitWords, isLive } from "../model/status.js";
import { h } from "../ui/dom.js";
import { Emulator, loadEmulator } from "../ui/emulator.js";
import { icon } from "../ui/icons.js";
import { PlainEmulator } from "../ui/plain_emulator.js";
import { onScrollBack } from "../ui/scroll_input.js";
import { say } from "../ui/toast.js";
import { TerminalChannel } from "../wire/terminal_channel.js";
import { touchKeys } from "./touch_keys.js";

// Maximum bytes that wait to be drawn, and how many are kept if there are more: an agent can print faster than a person can read.
const QUEUE = 2 * 1024 * 1024;
const QUEUE_KEPT = 128 * 1024;
// Bytes passed to the emulator per frame, so that the rest of the page stays responsive.
const PIECE = 64 * 1024;
const NEWLINE = 10;
const PHONE = window.matchMedia("(max-width: 760px)");

export class TerminalView {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.queue = [];
    this.queued = 0;
    this.skipped = 0;
    this.host = h("div", { class: "term-host" });
    this.following = true;
    onScrollBack(this.host, () => { this.leaving = this.following; });
    this.note = h("div", { class: "term-note", role: "status", hidden: true });
    this.jump = h("button", { class: "button small term-jump", hidden: true, onclick: () => this.#toEnd() }, icon("down"), "Newest");
    this.element = h("div", { class: "term", "aria-label": "Terminal" }, this.host, this.note, touchKeys((text) => this.#type(text)), this.jump);
    this.element.addEventListener("focusin", () => this.#claimSize());
    this.observer = new ResizeObserver(() => this.#sized());
    this.#open();
  }

  async #open() {
    this.library = await loadEmulator();
    if (this.disposed) return;
    const session = app.store.session.get(this.sessionId);
    const typing = { lineEnds: session?.terminal === "pipe", onType: (text) => this.#type(text), onBytes: (bytes) => this.channel.typeBytes(bytes) };
    this.emulator = this.library ? new Emulator(this.library, this.host, typing) : new PlainEmulator(this.host, typing);
    if (!this.library) this.#say("The terminal emulator is not installed, so this is plain text. To install it, run “make setup” (or reinstall) with network access.");
    this.host.addEventListener("scroll", () => this.#scrolled(), { capture: true, passive: true });
    this.channel = new TerminalChannel(this.sessionId, (method, params) => app.read(method, params), {
      start: (size) => this.#started(size),
      bytes: (bytes) => this.#took(bytes),
      gap: (count) => { this.skipped += Math.max(0, count); },
      end: (exit) => this.#ended(exit),
      refused: (message, typed) => this.#refused(message, typed),
      full: () => this.#say("The terminal is disconnected and holds as many keys as it can: the last ones were dropped."),
      state: (state) => this.#state(state),
    });
    this.observer.observe(this.host);
    if (this.wanted) this.emulator.focus();
  }

  focus() {
    this.wanted = true;
    this.emulator?.focus();
  }

  async copy() {
    await navigator.clipboard.writeText(this.text());
    say("Terminal text copied");
  }

  text() {
    return this.emulator?.text() ?? "";
  }

  dispose() {
    this.disposed = true;
    this.observer.disconnect();
    this.channel?.close();
    this.emulator?.dispose();
    this.queue = [];
  }

  #type(text) {
    this.channel.type(text);
    this.#follow();
  }

  // A viewer with a large window, or one who types, sets the size; a phone that only watches adopts the present size.
  #started({ columns, rows }) {
    this.size = { columns, rows };
    if (!PHONE.matches && this.#live()) this.#claimSize();
    else if (columns && rows) this.emulator.adopt(columns, rows);
    else this.emulator.fit();
  }

  // Tried again with the next output if it was too early: before the browser laid the terminal out, or while the daemon was
  // still starting the agent and refused it.
  #claimSize() {
    if (!this.#live() || !this.channel) return;
    this.claimed = true;
    const size = this.emulator?.fit();
    const isNew = this.unsized || size?.columns !== this.size?.columns || size?.rows !== this.size?.rows;
    this.unsized = !size;
    if (size && isNew) {
      this.size = size;
      this.channel.resize(size.columns, size.rows);
    }
  }

  #sized() {
    if (this.host.clientWidth === 0 || !this.size) return;
    clearTimeout(this.sizing);
    this.sizing = setTimeout(() => {
      if (this.claimed && this.#live()) this.#claimSize();
      else if (this.size.columns) this.emulator.adopt(this.size.columns, this.size.rows);
      this.#scrolled();
    }, 60);
  }

  #live() {
    const session = app.store.session.get(this.sessionId);
    return Boolean(session && isLive(session) && session.terminal === "pty");
  }

  #took(bytes) {
    this.queue.push(bytes);
    this.queued += bytes.length;
    if (this.queued > QUEUE) this.#shorten();
    this.#drain();
  }

  #shorten() {
    while (this.queued - this.queue[0].length >= QUEUE_KEPT) this.#drop(this.queue.shift().length);
    const cut = this.queue[0].indexOf(NEWLINE) + 1;
    this.#drop(cut);
    this.queue[0] = this.queue[0].subarray(cut);
  }

  #drop(count) {
    this.queued -= count;
    this.skipped += count;
  }

  #drain() {
    if (this.writing || this.queue.length === 0) return;
    this.writing = true;
    const next = this.skipped > 0 ? this.#gapMark() : this.#piece();
    this.emulator.write(next, () => {
      nextFrame(() => {
        this.writing = false;
        if (this.disposed) return;
        this.#drain();
        this.#scrolled();
        if (this.claimed && this.unsized) this.#claimSize();
      });
    });
  }

  #piece() {
    const [first] = this.queue;
    const piece = first.subarray(0, PIECE);
    if (first.length > PIECE) this.queue[0] = first.subarray(PIECE);
    else this.queue.shift();
    this.queued -= piece.length;
    return piece;
  }

  #gapMark() {
    const size = this.skipped > 1e6 ? `${(this.skipped / 1e6).toFixed(1)} MB` : `${Math.ceil(this.skipped / 1000)} kB`;
    this.skipped = 0;
    return `\u001b[0m\r\n\u001b[2m… ${size} skipped: output arrived faster than it can be shown …\u001b[0m\r\n`;
  }

  #ended(exit) {
    this.element.classList.add("ended");
    const lost = this.keysRefused ? ". The keys you typed last did not reach it." : "";
    this.#say(`This session has ended ${exitWords(exit)}`.trim() + lost);
  }

  #refused(message, typed) {
    this.unsized ||= !typed;
    this.keysRefused = typed;
    if (typed) this.#say(`The keys you typed last were refused: ${message}`);
  }

  #state(state) {
    if (state === "broken") this.#say("The connection to this terminal broke. It reconnects by itself: no output is missed, and keys you type now are sent then.");
    else if (this.library) this.#say("");
  }

  #say(words) {
    this.note.textContent = words;
    this.note.hidden = words === "";
  }

  // The emulator also scrolls by itself for a few frames after its size changes. Only the user stops the following.
  #scrolled() {
    if (this.emulator.atEnd()) this.following = true;
    else if (this.following && !this.leaving) this.emulator.toEnd();
    else this.following = this.leaving = false;
    this.jump.hidden = this.following;
  }

  #follow() {
    this.following = true;
    this.leaving = false;
    this.#scrolled();
  }

  #toEnd() {
    this.#follow();
    this.focus();
  }
}

// Browsers draw no frames for a page in the background.
function nextFrame(act) {
  if (document.hidden) setTimeout(act, 100);
  else requestAnimationFrame(act);
}
