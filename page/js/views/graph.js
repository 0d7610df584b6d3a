// A plan as a graph: a column per wave, cards for what is to be done, lines for what waits for what.

import { layers } from "../model/waves.js";
import { h, keep, s } from "../ui/dom.js";
import { bar, sign } from "../ui/parts.js";

const CARD = { width: 216, height: 62 };
const GAP = { x: 64, y: 12, inside: 14, top: 30 };
// A wave with more cards than this takes several columns.
const TALLEST = 14;
const SMALLEST = 0.55;

// `nodes`: {id, title, detail, look, progress, href, open}; `needs(id)`: the ids it waits for.
export class Graph {
  constructor() {
    this.lines = s("svg", { class: "graph-lines", "aria-hidden": "true" });
    this.cards = h("div", { class: "graph-cards", role: "list" });
    this.heads = h("div", { class: "graph-heads", "aria-hidden": "true" });
    this.canvas = h("div", { class: "graph-canvas" }, this.lines, this.heads, this.cards);
    this.element = h("div", { class: "graph", tabIndex: 0, role: "region", "aria-label": "Graph of the plan" }, this.canvas);
    new ResizeObserver(() => this.#fit()).observe(this.element);
  }

  show(nodes, needs) {
    const edges = nodes.flatMap((node) => needs(node.id).map((other) => [other, node.id]));
    if (keep(this.heads, [nodes.map((node) => node.id), edges], () => [])) this.#arrange(nodes, needs, edges);
    for (const node of nodes) this.#patch(this.places.get(node.id), node);
    const finished = new Set(nodes.filter((node) => node.look.tone === "done").map((node) => node.id));
    for (const [path, from] of this.paths) path.classList.toggle("met", finished.has(from));
  }

  #arrange(nodes, needs, edges) {
    const layer = layers(nodes.map((node) => node.id), needs);
    const waves = [];
    for (const node of nodes) (waves[layer.get(node.id)] ??= []).push(node.id);
    untangle(waves, needs);
    this.places = place(waves);
    this.cards.replaceChildren();
    for (const node of nodes) this.#make(node);
    this.#heads(waves);
    this.#draw(edges);
    this.#fit();
  }

  #make(node) {
    const spot = this.places.get(node.id);
    spot.card = h("a", { class: "graph-card", role: "listitem", href: node.href,
      onmouseenter: () => this.#light(node.id), onmouseleave: () => this.#light(null), onfocus: () => this.#light(node.id), onblur: () => this.#light(null) });
    spot.card.style.transform = `translate(${spot.x}px, ${spot.y}px)`;
    this.cards.append(spot.card);
  }

  #patch({ card }, node) {
    card.dataset.tone = node.look.tone;
    card.setAttribute("aria-label", `${node.title}, ${node.look.word}`);
    keep(card, [node.title, node.detail, node.look.word, node.progress > 0], () => [
      h("span", { class: "graph-title" }, sign(node.look), h("b", { class: "clip" }, node.title)),
      h("span", { class: "graph-detail clip" }, node.detail),
      node.progress > 0 && node.progress < 1 && bar(node.progress, node.look.tone),
    ]);
    const inner = card.querySelector(".bar > i");
    if (inner) inner.style.transform = `scaleX(${node.progress})`;
  }

  #heads(waves) {
    if (waves.length < 2) return;
    this.heads.replaceChildren(...waves.map((ids, number) => {
      const head = h("span", {}, `Wave ${number + 1}`);
      head.style.transform = `translateX(${this.places.get(ids[0]).left}px)`;
      return head;
    }));
  }

  #draw(edges) {
    const spots = [...this.places.values()];
    this.width = Math.max(...spots.map((spot) => spot.x)) + CARD.width;
    this.height = Math.max(...spots.map((spot) => spot.y)) + CARD.height;
    this.lines.setAttribute("width", this.width);
    this.lines.setAttribute("height", this.height);
    this.paths = [];
    this.lines.replaceChildren(...edges.filter(([from, to]) => this.places.has(from) && this.places.has(to)).map(([from, to]) => {
      const path = s("path", { d: curve(this.places.get(from), this.places.get(to)) });
      this.paths.push([path, from, to]);
      return path;
    }));
  }

  #light(id) {
    for (const [path, from, to] of this.paths) path.classList.toggle("lit", id !== null && (from === id || to === id));
  }

  #fit() {
    if (!this.width || this.element.clientWidth === 0) return;
    const room = this.element.clientWidth - 2 * GAP.inside;
    const scale = Math.min(1, Math.max(SMALLEST, room / this.width));
    this.canvas.style.transform = `scale(${scale})`;
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.canvas.style.marginBottom = `${-(1 - scale) * this.height}px`;
    this.canvas.style.marginRight = `${-(1 - scale) * this.width}px`;
  }
}

// Cards stand where those they wait for stand, on the average: few lines cross.
function untangle(waves, needs) {
  const rank = new Map();
  for (const ids of waves) {
    const wish = new Map(ids.map((id, position) => {
      const above = needs(id).map((other) => rank.get(other)).filter((value) => value !== undefined);
      return [id, above.length > 0 ? above.reduce((sum, value) => sum + value, 0) / above.length : position / ids.length];
    }));
    ids.sort((a, b) => wish.get(a) - wish.get(b));
    ids.forEach((id, position) => rank.set(id, ids.length > 1 ? position / (ids.length - 1) : 0.5));
  }
}

function place(waves) {
  const places = new Map();
  const tallest = Math.min(TALLEST, Math.max(...waves.map((ids) => ids.length)));
  const full = tallest * (CARD.height + GAP.y) - GAP.y;
  let left = 0;
  for (const ids of waves) {
    const columns = Math.ceil(ids.length / TALLEST);
    const rows = Math.ceil(ids.length / columns);
    const top = GAP.top + (full - (rows * (CARD.height + GAP.y) - GAP.y)) / 2;
    ids.forEach((id, position) => {
      const column = Math.floor(position / rows);
      places.set(id, { x: left + column * (CARD.width + GAP.inside), y: top + (position % rows) * (CARD.height + GAP.y), left });
    });
    left += columns * (CARD.width + GAP.inside) - GAP.inside + GAP.x;
  }
  return places;
}

function curve(from, to) {
  const [x1, y1] = [from.x + CARD.width, from.y + CARD.height / 2];
  const [x2, y2] = [to.x, to.y + CARD.height / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
