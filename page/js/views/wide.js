// Shows the detail in the whole window, and sets the width of the list; this browser stores both.

import { h } from "../ui/dom.js";
import { remember, remembered } from "../ui/storage.js";

const WIDTH = "listWidth";
// Per cent of the window.
const [LEAST, MOST] = [22, 75];

export function toggleWide() {
  document.querySelector(".panes").classList.toggle("wide");
}

// The line between list and detail: drag it, or use the arrow keys.
export function divider() {
  const element = h("div", { class: "divider", role: "separator", "aria-orientation": "vertical", "aria-label": "Width of the list", "aria-valuemin": LEAST, "aria-valuemax": MOST, tabIndex: 0 });
  const tell = (percent) => element.setAttribute("aria-valuenow", Math.round(percent));
  tell(parseFloat(savedWidth()));
  const setWidth = (percent) => {
    const width = `${Math.min(MOST, Math.max(LEAST, percent)).toFixed(1)}%`;
    tell(parseFloat(width));
    element.parentElement.style.setProperty("--list-width", width);
    remember(WIDTH, width);
  };
  const current = () => (100 * element.getBoundingClientRect().left) / window.innerWidth;
  element.addEventListener("pointerdown", (event) => element.setPointerCapture(event.pointerId));
  element.addEventListener("pointermove", (event) => { if (element.hasPointerCapture(event.pointerId)) setWidth((100 * event.clientX) / window.innerWidth); });
  element.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") setWidth(current() - 2);
    else if (event.key === "ArrowRight") setWidth(current() + 2);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return element;
}

export function savedWidth() {
  return remembered(WIDTH) ?? "44%";
}
