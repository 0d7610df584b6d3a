// The present place, in the address after `#`: #<place>[/task|session/<id>[/<tab>]]. Back, forward, reload and links work.

const PLACES = new Set(["work", "sessions", "inbox"]);
const listeners = new Set();

export function route() {
  const [place, kind, id, tab] = location.hash.replace(/^#\/?/, "").split("/");
  return { place: PLACES.has(place) ? place : "work", kind: id ? kind : null, id: id || null, tab: tab || null };
}

export function link({ place = route().place, kind = null, id = null, tab = null }) {
  return "#" + [place, kind, id, tab].filter(Boolean).join("/");
}

export function taskLink(id, tab = null) {
  return link({ place: route().place === "sessions" ? "work" : route().place, kind: "task", id, tab });
}

export function sessionLink(id, tab = null) {
  return link({ kind: "session", id, tab });
}

export function go(hash, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", hash);
    announce();
  } else if (location.hash !== hash) location.hash = hash;
}

export function onRoute(listener) {
  listeners.add(listener);
}

function announce() {
  for (const listener of listeners) listener(route());
}

window.addEventListener("hashchange", announce);
