// The way back to the list on a phone, where list and detail take turns.

import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { link } from "../ui/router.js";

export function backLink() {
  return h("a", { class: "back", href: link({}), "aria-label": "Back to the list" }, icon("back"));
}
