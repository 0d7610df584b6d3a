// Line icons on a 16 by 16 grid. Each status has its own shape, so that no information depends on colour.

import { s } from "./dom.js";

const PATHS = {
  pending: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11"],
  blocked: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M5.5 8h5"],
  running: ["M8 2.5a5.5 5.5 0 0 1 5.5 5.5"],
  done: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M5.6 8.2l1.7 1.7 3.2-3.6"],
  failed: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M6.1 6.1l3.8 3.8", "M9.9 6.1l-3.8 3.8"],
  skipped: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M6 6l2 2-2 2", "M8.8 6l2 2-2 2"],
  cancelled: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M4.2 4.2l7.6 7.6"],
  question: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M6.5 6.6a1.5 1.5 0 1 1 2.2 1.4c-.5.3-.7.5-.7 1", "M8 10.9v.010"],
  paused: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M6.7 6.2v3.6", "M9.3 6.2v3.6"],
  idle: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11", "M8 7.99v.020"],
  dot: ["M7.6 8h.8"],
  caret: ["M6 4.5l3.5 3.5L6 11.5"],
  search: ["M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9", "M10.3 10.3l3.2 3.2"],
  tree: ["M3 3.5h4", "M4.5 3.5v9h3", "M4.5 8h3", "M9.5 8h4", "M9.5 12.5h4"],
  terminal: ["M2.5 3.5h11v9h-11z", "M5 6.5L6.5 8 5 9.5", "M8 9.8h2.8"],
  inbox: ["M2.5 9.5l1.8-6h7.4l1.8 6v3h-11z", "M2.5 9.5h3.3c.2 1.2 1 1.8 2.2 1.8s2-.6 2.2-1.8h3.3"],
  play: ["M5 3.5l7 4.5-7 4.5z"],
  pause: ["M5.5 3.8v8.4", "M10.5 3.8v8.4"],
  stop: ["M4 4h8v8H4z"],
  retry: ["M12.8 8a4.8 4.8 0 1 1-1.5-3.5", "M12.9 2.3v2.6h-2.6"],
  skip: ["M4 4l4.5 4L4 12z", "M11.5 4v8"],
  sun: ["M8 5.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4", "M8 1.7v1.2M8 13.1v1.2M1.7 8h1.2M13.1 8h1.2M3.5 3.5l.9.9M11.6 11.6l.9.9M3.5 12.5l.9-.9M11.6 4.4l.9-.9"],
  moon: ["M13 9.6A5.5 5.5 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6z"],
  close: ["M4 4l8 8", "M12 4l-8 8"],
  back: ["M9.5 3.5L5 8l4.5 4.5"],
  expand: ["M9.5 2.5h4v4", "M13.5 2.5l-4.5 4.5", "M6.5 13.5h-4v-4", "M2.5 13.5L7 9"],
  shrink: ["M13 7H9V3", "M9 7l4.5-4.5", "M3 9h4v4", "M7 9l-4.5 4.5"],
  down: ["M8 3v9.5", "M4 8.5l4 4 4-4"],
  lock: ["M4 7.5h8v5.5H4z", "M5.5 7.5V5.6a2.5 2.5 0 0 1 5 0v1.9"],
  graph: ["M2.5 8h3", "M5.5 8c2.5 0 2-4 4.5-4", "M5.5 8c2.5 0 2 4 4.5 4", "M10 2.5h3.5v3H10z", "M10 10.5h3.5v3H10z"],
  plus: ["M8 3.5v9", "M3.5 8h9"],
  minus: ["M3.5 8h9"],
  fit: ["M2.5 6V2.5H6", "M10 2.5h3.5V6", "M13.5 10v3.5H10", "M6 13.5H2.5V10"],
  help: ["M6 6.2a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6", "M8 12v.020"],
  copy: ["M6 5.5h7v7.5H6z", "M10 5.5v-2.5H3v7.5h3"],
};

export function icon(name) {
  const element = s("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" });
  for (const path of PATHS[name]) element.append(s("path", { d: path, class: name === "running" ? "turn" : null }));
  if (name === "running") element.prepend(s("path", { d: PATHS.pending[0], opacity: ".25" }));
  if (name === "pending") element.firstChild.setAttribute("stroke-dasharray", "2.2 2.12");
  return element;
}
