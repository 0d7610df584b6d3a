// The terminal emulator: xterm.js, copied into vendor/ when the package is built (see hatch_build.py). If it is missing, the page shows
// plain text instead.

import { onTheme } from "./theme.js";

const SCROLLBACK = 10_000;
const FONT = { usual: 13, least: 9 };
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

// The library's module, or null if it is missing.
export async function loadEmulator() {
  try {
    await addStyles("/vendor/xterm/xterm.css");
    return await import("/vendor/xterm/index.js");
  } catch {
    return null;
  }
}

function addStyles(address) {
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const element = document.createElement("link");
    Object.assign(element, { rel: "stylesheet", href: address, onload: resolve, onerror: () => { element.remove(); reject(new Error(address)); } });
    document.head.append(element);
  });
}

// The emulator in `host`; `onType` gets what is typed, `onFit` the size that fits.
export class Emulator {
  constructor({ Terminal, FitAddon }, host, { lineEnds, onType, onBytes }) {
    this.host = host;
    this.term = new Terminal({
      scrollback: SCROLLBACK, convertEol: lineEnds, fontSize: FONT.usual, lineHeight: 1.15, cursorBlink: true, cursorInactiveStyle: "outline",
      fontFamily: variable("--mono"), theme: colours(), minimumContrastRatio: 4.5, allowProposedApi: false, macOptionIsMeta: true,
    });
    this.fitter = new FitAddon();
    this.term.loadAddon(this.fitter);
    this.term.open(host);
    this.term.onData(onType);
    this.term.onBinary((text) => onBytes(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    this.forgetTheme = onTheme(() => { this.term.options.theme = colours(); });
  }

  write(bytes, done) {
    this.term.write(bytes, done);
  }

  // The whole text, including scrollback.
  text() {
    const { active } = this.term.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row).translateToString(true)).join("\n").trimEnd();
  }

  focus() {
    this.term.focus();
  }

  atEnd() {
    const { viewportY, baseY } = this.term.buffer.active;
    return viewportY >= baseY;
  }

  toEnd() {
    this.term.scrollToBottom();
  }

  // Fits the size to the room: {columns, rows}, or null while the emulator is not laid out.
  fit() {
    this.term.options.fontSize = FONT.usual;
    const size = this.fitter.proposeDimensions();
    if (!size || !(size.cols > 1)) return null;
    this.term.resize(size.cols, size.rows);
    return { columns: size.cols, rows: size.rows };
  }

  // Uses the size that another client set, with letters small enough to show all columns.
  adopt(columns, rows) {
    this.term.options.fontSize = FONT.usual;
    const size = this.fitter.proposeDimensions();
    if (!size || !(size.cols > 1)) return;
    const font = Math.max(FONT.least, Math.min(FONT.usual, Math.floor((FONT.usual * size.cols) / columns * 2) / 2));
    this.term.options.fontSize = font;
    const fits = this.fitter.proposeDimensions();
    this.term.resize(columns, Math.max(rows, fits?.rows ?? rows));
  }

  dispose() {
    this.forgetTheme();
    this.term.dispose();
  }
}

function colours() {
  const theme = { background: variable("--term-bg"), foreground: variable("--term-fg"), cursor: variable("--term-cursor"), selectionBackground: variable("--term-selection") };
  for (const name of COLOURS) {
    theme[name] = variable(`--term-${name}`);
    theme[`bright${name[0].toUpperCase()}${name.slice(1)}`] = variable(`--term-${name}`);
  }
  theme.brightBlack = variable("--text-3");
  return theme;
}

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
