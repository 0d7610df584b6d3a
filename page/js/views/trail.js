// The start of the breadcrumb trail above a title: the link back to the list (on a phone, which shows one at a time) and the project.

import { app } from "../app.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { link } from "../ui/router.js";

export function backLink() {
  return h("a", { class: "back", href: link({}), "aria-label": "Back to the list" }, icon("back"));
}

export function projectName(entity) {
  const project = app.store.project.get(entity.projectId);
  return h("span", { class: "clip", title: project?.workingDir }, project?.name ?? "");
}
