// Shows a terminal's text without control sequences, if the emulator is missing and for screen readers.

import { h } from "./dom.js";

// Maximum number of characters kept.
const KEPT = 200_000;
// ECMA-48: control sequences, strings (titles, links) ended by BEL or ST, and two-character escapes.
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/g;

export class PlainEmulator {
  constructor(host, { onType }) {
    this.decoder = new TextDecoder();
    this.shown = "";
    this.output = h("pre", { class: "plain-output", role: "log", "aria-label": "Output", tabIndex: 0 });
    this.field = h("input", { class: "field mono", placeholder: "Type a line and press Enter", "aria-label": "Type into the terminal", autocomplete: "off", spellcheck: "false" });
    const form = h("form", { class: "plain-input", onsubmit: (event) => { event.preventDefault(); onType(`${this.field.value}\r`); this.field.value = ""; } },
      this.field, h("button", { class: "button", type: "submit" }, "Send"), h("button", { class: "button", type: "button", onclick: () => onType("\u0003") }, "Ctrl-C"));
    this.element = h("div", { class: "plain-terminal" }, this.output, form);
    host.append(this.element);
  }

  write(bytes, done) {
    const end = this.atEnd();
    const fresh = typeof bytes === "string" ? bytes : this.decoder.decode(bytes, { stream: true });
    this.shown = overwrite((this.shown + fresh.replace(CONTROL, "")).slice(-KEPT));
    this.output.textContent = this.shown;
    if (end) this.toEnd();
    done();
  }

  text() {
    return this.shown;
  }

  focus() {
    this.field.focus();
  }

  atEnd() {
    return this.output.scrollTop + this.output.clientHeight >= this.output.scrollHeight - 30;
  }

  toEnd() {
    this.output.scrollTop = this.output.scrollHeight;
  }

  fit() {
    return null;
  }

  adopt() {}

  dispose() {
    this.element.remove();
  }
}

// A carriage return without a line feed overwrites the line.
function overwrite(text) {
  return text.replace(/\r+\n/g, "\n").replace(/[^\n]*\r(?=[^\n])/g, "");
}
