// Light and dark: the system's wish until the reader chooses; the choice is kept in this browser.

const KEY = "maestrod.theme";
const wish = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

export function theme() {
  const chosen = localStorage.getItem(KEY);
  return chosen === "light" || chosen === "dark" ? chosen : wish.matches ? "dark" : "light";
}

export function toggleTheme() {
  localStorage.setItem(KEY, theme() === "dark" ? "light" : "dark");
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
