// Light and dark colours: the system's preference until the user chooses; the choice is stored in this browser.

import { remember, remembered } from "./storage.js";

const KEY = "theme";
const wish = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
let chosenNow = null;

export function theme() {
  const chosen = chosenNow ?? remembered(KEY);
  return chosen === "light" || chosen === "dark" ? chosen : wish.matches ? "dark" : "light";
}

export function toggleTheme() {
  chosenNow = theme() === "dark" ? "light" : "dark";
  remember(KEY, chosenNow);
  apply();
}

export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function apply() {
  document.documentElement.dataset.theme = theme();
  for (const listener of listeners) listener(theme());
}

wish.addEventListener("change", apply);
apply();
