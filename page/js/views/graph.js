// A plan as a graph: a column per wave, cards for what is to be done, lines for what waits for what.

import { layout } from "../model/layout.js";
import { h, keep, s } from "../ui/dom.js";
import { bar, sign } from "../ui/parts.js";

// `nodes`: {id, title, detail, look, progress, href}; `needs(id)`: the ids it waits for, all of them among the nodes.
export class Graph {
  constructor() {
    this.lines = s("svg", { class: "graph-lines", "aria-hidden": "true" });
    this.cards = h("div", { class: "graph-cards", role: "list" });
    this.heads = h("div", { class: "graph-heads", "aria-hidden": "true" });
    this.canvas = h("div", { class: "graph-canvas" }, this.heads, this.lines, this.cards);
    this.element = h("div", { class: "graph", tabIndex: 0, role: "region", "aria-label": "Graph of the plan" }, this.canvas);
    this.elements = new Map();
    new ResizeObserver(() => this.#arrange()).observe(this.element);
  }

  show(nodes, needs) {
    const shape = JSON.stringify(nodes.map((node) => [node.id, needs(node.id)]));
    Object.assign(this, { nodes, needs });
    if (shape !== this.shape) {
      this.shape = shape;
      this.room = 0;
    }
    this.#arrange();
    for (const node of nodes) this.#patch(this.elements.get(node.id), node);
    const done = new Set(nodes.filter((node) => node.look.tone === "done").map((node) => node.id));
    for (const { element, from } of this.paths ?? []) element.classList.toggle("met", done.has(from));
  }

  #arrange() {
    const style = getComputedStyle(this.element);
    const room = this.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) || 800;
    if (!this.nodes || this.nodes.length === 0 || room === this.room) return;
    this.room = room;
    const plan = layout(this.nodes.map((node) => node.id), this.needs, room);
    this.canvas.style.width = `${plan.width}px`;
    this.canvas.style.height = `${plan.height}px`;
    this.element.style.setProperty("--card-width", `${plan.cardWidth}px`);
    this.element.style.setProperty("--card-height", `${plan.cardHeight}px`);
    this.#placeCards(plan.cards);
    this.#placeHeads(plan.heads);
    this.#drawLines(plan);
  }

  #placeCards(cards) {
    const elements = new Map(this.nodes.map((node) => [node.id, this.elements.get(node.id) ?? this.#make(node)]));
    for (const [id, element] of elements) element.style.transform = `translate(${cards.get(id).x}px, ${cards.get(id).y}px)`;
    this.elements = elements;
    this.cards.replaceChildren(...elements.values());
  }

  #make(node) {
    const light = (on) => () => this.#light(on ? node.id : null);
    return h("a", { class: "graph-card", role: "listitem", href: node.href, onmouseenter: light(true), onmouseleave: light(false), onfocus: light(true), onblur: light(false) });
  }

  #placeHeads(heads) {
    const words = heads.length < 2 ? [] : heads.map((x, wave) => {
      const head = h("span", {}, `Wave ${wave + 1}`);
      head.style.transform = `translateX(${x}px)`;
      return head;
    });
    this.heads.replaceChildren(...words);
  }

  #drawLines({ width, height, paths }) {
    this.lines.setAttribute("width", width);
    this.lines.setAttribute("height", height);
    this.paths = paths.map((path) => ({ ...path, element: s("path", { d: path.d }) }));
    this.lines.replaceChildren(...this.paths.map((path) => path.element));
  }

  #patch(card, node) {
    card.dataset.tone = node.look.tone;
    card.setAttribute("aria-label", `${node.title}, ${node.look.word}, ${node.detail}`);
    const moving = node.progress > 0 && node.progress < 1;
    keep(card, [node.title, node.detail, node.look.word, moving], () => [
      h("span", { class: "graph-title" }, sign(node.look), h("b", { class: "clip" }, node.title)),
      h("span", { class: "graph-detail clip" }, node.detail),
      moving && bar(node.progress, node.look.tone),
    ]);
    const inner = card.querySelector(".bar > i");
    if (inner) inner.style.transform = `scaleX(${node.progress})`;
  }

  #light(id) {
    for (const { element, from, to } of this.paths) element.classList.toggle("lit", id !== null && (from === id || to === id));
  }
}
