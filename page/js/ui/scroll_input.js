// Input by which a reader scrolls back: the wheel, keys, fingers, the scroll bar, a selection that is dragged. Scroll events do not
// tell who scrolled; these do.

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
