// Detects that the user scrolls back: by wheel, keys, touch, the scroll bar, or by dragging a selection. Scroll events alone do not say
// whether the user or the page scrolled.

const KEYS = new Set(["PageUp", "Home", "ArrowUp"]);
const LISTEN = { capture: true, passive: true };

export function onScrollBack(element, act) {
  const when = (kind, isBack) => element.addEventListener(kind, (event) => { if (isBack(event)) act(); }, LISTEN);
  when("wheel", (event) => event.deltaY < 0);
  when("keydown", (event) => KEYS.has(event.key));
  when("touchmove", () => true);
  when("pointerdown", ({ target, offsetX }) => offsetX >= target.clientWidth);
  when("pointermove", (event) => event.buttons !== 0);
}
