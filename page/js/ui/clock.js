// Formats durations and times, with the one timer that updates them on the page.

import { h } from "./dom.js";

// How far this machine's clock is ahead of the daemon's, in ms (they may differ if the page is open on another device).
let skew = 0;

export function daemonTime(at) {
  skew = Date.now() - at;
}

export function now() {
  return Date.now() - skew;
}

export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (ms < 1000) return "<1s";
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, "0")}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h ${String(minutes % 60).padStart(2, "0")}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

function ago(at) {
  const passed = now() - at;
  return passed < 4000 ? "just now" : `${duration(passed)} ago`;
}

export function moment(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function fullMoment(at) {
  return new Date(at).toLocaleString();
}

// When something began: the time if it was today, else also the date.
export function began(at) {
  const [then, today] = [new Date(at), new Date(now())];
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === today.toDateString()) return time;
  const year = then.getFullYear() === today.getFullYear() ? {} : { year: "numeric" };
  return `${then.toLocaleDateString([], { day: "numeric", month: "short", ...year })} ${time}`;
}

// A <time> that updates itself: the duration `since` a start, or how long `ago` something was.
export function since(at, attributes = {}) {
  return h("time", { ...attributes, data: { since: String(at) }, title: fullMoment(at) }, duration(now() - at));
}

export function passed(at, attributes = {}) {
  return h("time", { ...attributes, data: { ago: String(at) }, title: fullMoment(at) }, ago(at));
}

// Updates only elements on the page, and only if their text changes.
export function tick() {
  for (const element of document.querySelectorAll("time[data-since]")) say(element, duration(now() - Number(element.dataset.since)));
  for (const element of document.querySelectorAll("time[data-ago]")) say(element, ago(Number(element.dataset.ago)));
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
