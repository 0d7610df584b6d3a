// How far something is and what it has used, in the words and figures of every other view of it (maestroctl/show/progress.py).

import { OUTCOMES } from "./statuses.js";

const [COMPLETED, ...OTHERS] = OUTCOMES;
// Floats that stand for whole per cents may be a little less.
const ALMOST = 1e-9;

// Rounded down, so that 100% is said of what is done and of nothing else.
export function percent(fraction) {
  return `${Math.floor(fraction * 100 + ALMOST)}%`;
}

// "10 of 11 completed, 1 failed", of what the daemon counted below a task; empty for one that is no parent.
export function countsOf(leaves) {
  if (!leaves) return "";
  const others = OTHERS.filter((name) => leaves[name] > 0).map((name) => `${leaves[name]} ${name}`);
  return [`${leaves[COMPLETED] ?? 0} of ${leaves.total ?? 0} ${COMPLETED}`, ...others].join(", ");
}

// Tokens in full, US dollars in dollars and cents.
export function usageWords({ input = 0, output = 0, cost }) {
  const money = cost === undefined || cost === null ? "" : `, $${cost.toFixed(2)}`;
  return `${grouped(input)} tokens in, ${grouped(output)} out${money}`;
}

// "1 wave", "2 waves".
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

// The same on every machine, as maestroctl prints it.
function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
