// Messages to a live agent, each with its status: queued, delivered, accepted, answered.

import { app } from "../app.js";
import { passed } from "../ui/clock.js";
import { h, keep } from "../ui/dom.js";
import { unknownLook } from "../model/status.js";
import { sign } from "../ui/parts.js";

const HELD = 200;
const LOOKS = {
  queued: { icon: "pending", tone: "quiet", word: "waiting until the agent is ready" },
  delivered: { icon: "running", tone: "running", word: "written to the agent" },
  accepted: { icon: "running", tone: "running", word: "the agent works on it" },
  answered: { icon: "done", tone: "done", word: "answered" },
  failed: { icon: "failed", tone: "failed", word: "not delivered" },
};
const KINDS = { prompt: "", opening: "the task itself", nudge: "a reminder", repair: "a plan to fix", wake: "the usage limit has ended", news: "news of its children" };

export function messageLook(message) {
  return LOOKS[message.status] ?? unknownLook(message.status);
}

export class Messages {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.messages = new Map();
    this.list = h("div", { class: "messages", role: "log", "aria-label": "Messages" });
    this.form = composer(sessionId);
    this.element = h("div", { class: "message-box" }, h("div", { class: "scroll" }, this.list), this.form);
    this.#read();
  }

  take({ type, id, sessionId, data }) {
    if (!type.startsWith("message.") || sessionId !== this.sessionId) return;
    if (type.endsWith(".deleted")) this.messages.delete(id);
    else this.messages.set(id, { ...this.messages.get(id), ...data });
    this.#draw();
  }

  draw(live) {
    this.form.hidden = !live;
  }

  async #read() {
    const { items } = await app.read("message.list", { sessionId: this.sessionId, limit: 1000 }).catch(() => ({ items: [] }));
    for (const message of (items ?? []).slice(-HELD)) this.messages.set(message.id, { ...message, ...this.messages.get(message.id) });
    this.#draw();
  }

  #draw() {
    const messages = [...this.messages.values()].filter((message) => message.status).slice(-HELD);
    keep(this.list, messages.map((message) => [message.id, message.status, message.reply]), () => messages.length === 0 ? h("p", { class: "muted" }, "No messages to this agent yet.") : messages.map(line));
  }
}

// The form for a message to an agent.
export function composer(sessionId) {
  const field = h("textarea", { class: "field", rows: "2", placeholder: "Write to the agent. The message is delivered once, when the agent is ready.", "aria-label": "Message to the agent",
    onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(); } });
  const send = async () => {
    const text = field.value.trim();
    if (!text) return;
    field.disabled = true;
    const sent = await app.change("message.send", { sessionId, text });
    field.disabled = false;
    if (sent) field.value = "";
    field.focus();
  };
  return h("form", { class: "compose", onsubmit: (event) => { event.preventDefault(); send(); } },
    field, h("button", { class: "button primary", type: "submit", title: "Ctrl Enter" }, "Send"));
}

export function senderOf(message) {
  if (message.by === "user") return "You";
  return message.by === "maestrod" || !message.by ? "maestrod" : app.store.session.get(message.by)?.name ?? "a session";
}

function line(message) {
  const look = messageLook(message);
  return h("article", { class: "message" },
    h("header", {}, sign(look), h("b", {}, senderOf(message)), h("span", { class: "muted clip" }, [KINDS[message.kind] ?? message.kind, message.error ?? look.word].filter(Boolean).join(", ")), h("span", { class: "grow" }), passed(message.createdAt)),
    message.text && h("p", { class: "pre" }, message.text),
    message.reply && h("blockquote", {}, message.reply));
}
