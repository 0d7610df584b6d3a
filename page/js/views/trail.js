// The beginning of the trail over a title: the way back to the list (on a phone, where list and detail take turns) and the project.

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
