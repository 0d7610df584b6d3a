// Progress and usage, in the same words and figures as in every other view (maestroctl/show/progress.py).

import { OUTCOMES } from "./statuses.js";

const [COMPLETED, ...OTHERS] = OUTCOMES;
// A float for a whole percentage may be slightly too small.
const ALMOST = 1e-9;

// Rounded down, so that only what is done shows 100%.
export function percent(fraction) {
  return `${Math.floor(fraction * 100 + ALMOST)}%`;
}

// "10 of 11 completed, 1 failed", from the daemon's counts below a task; empty for a leaf.
export function countsOf(leaves) {
  if (!leaves) return "";
  const others = OTHERS.filter((name) => leaves[name] > 0).map((name) => `${leaves[name]} ${name}`);
  return [`${leaves[COMPLETED] ?? 0} of ${leaves.total ?? 0} ${COMPLETED}`, ...others].join(", ");
}

// Tokens in full, money in US dollars and cents.
export function usageWords({ input = 0, output = 0, cost }) {
  const money = cost === undefined || cost === null ? "" : `, $${cost.toFixed(2)}`;
  return `${grouped(input)} tokens in, ${grouped(output)} out${money}`;
}

// "1 wave", "2 waves".
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

// The same in every locale, as maestroctl prints it.
function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
