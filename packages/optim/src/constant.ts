import type { Schedule } from "./schedule.js";

/** Keeps each group's base rate. */
export function constant(): Schedule {
  return { unit: "epoch", at: () => 1 };
}
