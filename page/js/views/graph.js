// A plan as a graph: a column per wave, cards for the tasks, lines for dependencies. It can be zoomed and fitted.

import { layout } from "../model/layout.js";
import { h, keep, s } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { bar, sign } from "../ui/parts.js";

const ZOOM = { least: 0.25, most: 2, step: 1.2 };
// The zoom factor of one notch of a wheel (100 px).
const WHEEL = 0.002;
const KEYS = { "+": ZOOM.step, "=": ZOOM.step, "-": 1 / ZOOM.step };

// `nodes`: {id, title, detail, look, progress, href}; `needs(id)`: the ids that it waits for, all of which are nodes.
export class Graph {
  constructor() {
    this.zoom = 1;
    this.lines = s("svg", { class: "graph-lines", "aria-hidden": "true" });
    this.cards = h("div", { class: "graph-cards", role: "list" });
    this.heads = h("div", { class: "graph-heads", "aria-hidden": "true" });
    this.canvas = h("div", { class: "graph-canvas" }, this.heads, this.lines, this.cards);
    this.sized = h("div", { class: "graph-sized" }, this.canvas);
    this.region = h("div", { class: "graph", tabIndex: 0, role: "region", "aria-label": "Graph of the plan", onkeydown: (event) => this.#key(event) }, this.sized);
    this.region.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.tools = h("div", { class: "graph-tools", role: "group", "aria-label": "Zoom" },
      tool("minus", "Zoom out (-)", () => this.#zoomBy(1 / ZOOM.step)), tool("plus", "Zoom in (+)", () => this.#zoomBy(ZOOM.step)), tool("fit", "Fit the graph (0)", () => this.fit()));
    this.element = h("div", { class: "graph-box" }, this.tools, this.region);
    this.elements = new Map();
    new ResizeObserver(() => this.#arrange()).observe(this.region);
  }

  show(nodes, needs) {
    const shape = JSON.stringify(nodes.map((node) => [node.id, needs(node.id)]));
    Object.assign(this, { nodes, needs });
    this.element.hidden = nodes.length === 0;
    if (shape !== this.shape) {
      this.shape = shape;
      this.room = 0;
    }
    this.#arrange();
    for (const node of nodes) this.#patch(this.elements.get(node.id), node);
    const done = new Set(nodes.filter((node) => node.look.tone === "done").map((node) => node.id));
    for (const { element, from } of this.paths ?? []) element.classList.toggle("met", done.has(from));
  }

  // Zooms so that the whole graph fits, but never above its natural size.
  fit() {
    const tall = (this.element.closest(".scroll")?.clientHeight ?? innerHeight) - 60;
    this.#zoomTo(Math.min(1, this.room / this.plan.width, tall / this.plan.height));
    this.region.scrollLeft = 0;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "0") this.fit();
    else if (KEYS[event.key]) this.#zoomBy(KEYS[event.key]);
    else return;
    event.preventDefault();
  }

  // Pinching a touch pad also arrives as this event.
  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoomBy(Math.exp(-event.deltaY * WHEEL), event.clientX - this.region.getBoundingClientRect().left);
  }

  // The point at `across` (px from the left edge) stays in place.
  #zoomBy(factor, across = this.region.clientWidth / 2) {
    const at = (this.region.scrollLeft + across) / this.zoom;
    this.#zoomTo(this.zoom * factor);
    this.region.scrollLeft = at * this.zoom - across;
  }

  #zoomTo(zoom) {
    this.zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, zoom));
    this.canvas.style.transform = `scale(${this.zoom})`;
    this.sized.style.width = `${this.plan.width * this.zoom}px`;
    this.sized.style.height = `${this.plan.height * this.zoom}px`;
  }

  #arrange() {
    const style = getComputedStyle(this.region);
    const room = this.region.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) || 800;
    if (!this.nodes || this.nodes.length === 0 || room === this.room) return;
    this.room = room;
    this.plan = layout(this.nodes.map((node) => node.id), this.needs, room, Math.max(...this.nodes.map((node) => node.title.length)));
    this.canvas.style.width = `${this.plan.width}px`;
    this.canvas.style.height = `${this.plan.height}px`;
    this.region.style.setProperty("--card-width", `${this.plan.cardWidth}px`);
    this.region.style.setProperty("--card-height", `${this.plan.cardHeight}px`);
    this.#zoomTo(this.zoom);
    this.#placeCards(this.plan.cards);
    this.#placeHeads(this.plan.heads);
    this.#drawLines(this.plan);
  }

  #placeCards(cards) {
    const elements = new Map(this.nodes.map((node) => [node.id, this.elements.get(node.id) ?? this.#make(node)]));
    for (const [id, element] of elements) element.style.transform = `translate(${cards.get(id).x}px, ${cards.get(id).y}px)`;
    this.elements = elements;
    this.cards.replaceChildren(...elements.values());
  }

  #make(node) {
    const light = (on) => () => this.#light(on ? node.id : null);
    return h("div", { class: "graph-place", role: "listitem" },
      h("a", { class: "graph-card", href: node.href, onmouseenter: light(true), onmouseleave: light(false), onfocus: light(true), onblur: light(false) }));
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

  #patch(place, node) {
    const card = place.firstChild;
    card.dataset.tone = node.look.tone;
    card.title = `${node.title}\n${node.detail}`;
    card.setAttribute("aria-label", `${node.title}, ${node.look.word}, ${node.detail}`);
    const moving = node.progress > 0 && node.progress < 1;
    keep(card, [node.title, node.detail, node.look.word, moving], () => [
      h("span", { class: "graph-title" }, sign(node.look), h("b", {}, node.title)),
      h("span", { class: "graph-detail clip" }, node.short ?? node.detail),
      moving && bar(node.progress, node.look.tone),
    ]);
    const inner = card.querySelector(".bar > i");
    if (inner) inner.style.transform = `scaleX(${node.progress})`;
  }

  #light(id) {
    for (const { element, from, to } of this.paths) element.classList.toggle("lit", id !== null && (from === id || to === id));
  }
}

function tool(name, label, act) {
  return h("button", { class: "button small icon-only", title: label, "aria-label": label.replace(/ \(.*/, ""), onclick: act }, icon(name));
}
