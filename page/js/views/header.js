// The top of the page: navigation, search, and the daemon's status. On a phone, the navigation is at the bottom.

import { freeze, thaw } from "../actions.js";
import { app } from "../app.js";
import { isLive } from "../model/status.js";
import { h, keep } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { link, route } from "../ui/router.js";
import { onTheme, theme, toggleTheme } from "../ui/theme.js";
import { showKeys } from "../keys.js";
import { openRunDialog } from "./run_dialog.js";

const PLACES = [
  ["work", "Work", "tree"],
  ["sessions", "Sessions", "terminal"],
  ["inbox", "Inbox", "inbox"],
];

export class Header {
  constructor() {
    this.places = h("nav", { class: "places", "aria-label": "Places" });
    this.tabbar = h("nav", { class: "tabbar", "aria-label": "Places" });
    this.pulse = h("button", { class: "pulse", onclick: () => this.#pulsed() });
    this.search = h("input", {
      class: "field", type: "search", placeholder: "Search", "aria-label": "Search tasks and sessions", autocomplete: "off", spellcheck: "false",
      oninput: () => { app.view.query = this.search.value; app.changed(); },
      onkeydown: (event) => { if (event.key === "Escape") this.#clear(); },
    });
    this.themeButton = h("button", { class: "button plain icon-only", onclick: toggleTheme });
    onTheme(() => this.#drawTheme());
    this.#drawTheme();
    this.notice = h("div", { class: "notice", role: "alert", hidden: true });
    this.element = h("header", { class: "header" },
      h("a", { class: "brand", href: "#work", "aria-label": "maestrod" }, h("img", { src: "/favicon.svg", alt: "" }), h("span", {}, "maestrod")),
      this.places,
      h("div", { class: "find" }, icon("search"), this.search, h("kbd", {}, "/")),
      this.pulse, this.themeButton,
      h("button", { class: "button plain icon-only help", title: "Help: keys (?)", "aria-label": "Help", onclick: showKeys }, icon("help")),
      h("button", { class: "button primary", title: "Run something (n)", "aria-label": "Run something", onclick: () => openRunDialog() }, icon("play"), h("span", {}, "Run")));
  }

  draw() {
    const { place } = route();
    const questions = app.store.open.size;
    const working = [...app.store.session.values()].filter(isLive).length;
    for (const nav of [this.places, this.tabbar]) keep(nav, [place, questions, working], () => this.#links(place, questions, working));
    document.title = questions > 0 ? `(${questions}) maestrod` : "maestrod";
    this.#drawPulse(working);
    this.#drawNotice();
  }

  #links(place, questions, working) {
    const counts = { work: null, sessions: working, inbox: questions };
    return PLACES.map(([name, words, sign]) =>
      h("a", { class: "place", href: link({ place: name }), "aria-current": name === place ? "page" : null },
        icon(sign), words,
        counts[name] > 0 && h("span", { class: name === "inbox" ? "count alert" : "count" }, String(counts[name]))));
  }

  #drawPulse(working) {
    const slots = app.live.status?.slots;
    const words = { open: slots ? `${working} of ${slots} slots` : "connected", connecting: "connecting…", "signed-out": "signed out" }[app.state];
    const frozen = app.store.frozen();
    this.pulse.dataset.state = app.state;
    keep(this.pulse, [words, frozen], () => [h("span", { class: "dot" }), h("span", { class: "words" }, frozen ? "everything is paused" : words)]);
    this.pulse.title = app.state === "open" ? "The daemon is connected. Click to pause everything (emergency stop)." : words;
    this.pulse.setAttribute("aria-label", `Daemon: ${words}`);
  }

  #drawNotice() {
    const frozen = app.store.frozen();
    const problems = app.live.status?.problems ?? [];
    const lost = app.state === "connecting" && app.live.seq !== null;
    const kind = app.state === "signed-out" ? "signed-out" : lost ? "lost" : frozen ? "frozen" : problems.length > 0 ? "problem" : app.store.partial ? "partial" : "";
    this.notice.hidden = kind === "";
    this.notice.classList.toggle("bad", kind === "problem" || kind === "signed-out");
    keep(this.notice, [kind, problems], () => NOTICES[kind]?.(problems) ?? []);
  }

  #pulsed() {
    if (app.store.frozen()) thaw();
    else if (app.state === "open") freeze();
  }

  #clear() {
    this.search.value = "";
    app.view.query = "";
    this.search.blur();
    app.changed();
  }

  #drawTheme() {
    const dark = theme() === "dark";
    this.themeButton.replaceChildren(icon(dark ? "sun" : "moon"));
    this.themeButton.title = `${dark ? "Light" : "Dark"} (t)`;
    this.themeButton.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  }
}

const NOTICES = {
  "signed-out": () => [icon("lock"), h("span", {}, "You are signed out. Run ", h("code", {}, "maestroctl ui"), " on the machine that runs the daemon, and open the link it prints.")],
  lost: () => [icon("running"), h("span", {}, "The daemon cannot be reached. Retrying. Nothing is lost: what you click is sent when it is back.")],
  frozen: () => [icon("paused"), h("span", {}, "Everything is paused: nothing starts, and every session is paused."), h("button", { class: "button small", onclick: thaw }, icon("play"), "Resume")],
  problem: (problems) => [icon("failed"), h("span", {}, problems.join(" "))],
  partial: () => [icon("tree"), h("span", {}, "Only the newest runs are shown; maestroctl task list has all of them.")],
};
