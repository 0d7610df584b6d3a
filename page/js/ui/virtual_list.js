// A list of rows of equal height. Only the visible rows are elements, so 20,000 rows cost as much as 40.
//
// `rows` are objects with a `key`; `make(row)` gives an element and `patch(element, row)` brings it up to date. The list has the
// focus and names the current row by aria-activedescendant, so that the focus survives rows that scroll away.

import { h } from "./dom.js";

const OVERSCAN = 8;

export class VirtualList {
  constructor({ label, role = "listbox", rowRole = "option", make, patch, onOpen = () => {} }) {
    this.rows = [];
    this.current = null;
    this.make = make;
    this.patch = patch;
    this.rowRole = rowRole;
    this.onOpen = onOpen;
    this.elements = new Map();
    this.canvas = h("div", { class: "rows", role: "presentation" });
    this.element = h("div", { class: "scroller", role, "aria-label": label, tabIndex: 0 }, this.canvas);
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(this.element);
    this.height = 34;
  }

  show(rows) {
    this.rows = rows;
    this.index = new Map(rows.map((row, position) => [row.key, position]));
    this.#draw();
  }

  // The row that keys act on. `reveal` scrolls it into view.
  select(key, { reveal = false } = {}) {
    this.current = key;
    if (reveal && this.index?.has(key)) this.#reveal(this.index.get(key));
    this.#draw();
  }

  move(step) {
    const selectable = this.rows.filter((row) => row.selectable !== false);
    if (selectable.length === 0) return null;
    const at = selectable.findIndex((row) => row.key === this.current);
    const next = selectable[Math.min(selectable.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    this.select(next.key, { reveal: true });
    return next;
  }

  currentRow() {
    return this.rows[this.index?.get(this.current)] ?? null;
  }

  #measure() {
    const size = parseFloat(getComputedStyle(this.element).getPropertyValue("--row"));
    if (size > 0) this.height = size;
    this.#draw();
  }

  #reveal(position) {
    const top = position * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop + this.height) this.element.scrollTop = Math.max(0, top - this.height);
    else if (top + 2 * this.height > scrollTop + clientHeight) this.element.scrollTop = top + 2 * this.height - clientHeight;
  }

  #draw() {
    this.canvas.style.height = `${this.rows.length * this.height}px`;
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.height) - OVERSCAN);
    const last = Math.min(this.rows.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / this.height) + OVERSCAN);
    const wanted = new Set();
    for (let position = first; position < last; position += 1) wanted.add(this.#place(position));
    for (const [key, element] of this.elements) {
      if (!wanted.has(key)) {
        element.remove();
        this.elements.delete(key);
      }
    }
    const active = this.elements.get(this.current);
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #place(position) {
    const row = this.rows[position];
    let element = this.elements.get(row.key);
    if (!element) {
      element = this.make(row);
      element.classList.add("row");
      element.id = `row-${row.key}`;
      element.setAttribute("role", row.selectable === false ? "presentation" : this.rowRole);
      element.addEventListener("click", (event) => {
        if (event.defaultPrevented || event.target.closest("button, a") || row.selectable === false) return;
        this.onOpen(this.rows[this.index.get(row.key)], event);
      });
      this.elements.set(row.key, element);
      this.canvas.append(element);
    }
    element.style.transform = `translateY(${position * this.height}px)`;
    if (row.selectable !== false) element.setAttribute("aria-selected", String(row.key === this.current));
    this.patch(element, row);
    return row.key;
  }
}
