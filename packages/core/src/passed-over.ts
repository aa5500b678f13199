import type { Session } from "./session.js";

/** After an interruption the rest of the script is for the run that goes on. */
export function isAfterStop({ stops, console }: Session, call: string): boolean {
  if (stops.isInterrupted) console.info(`${call} is passed over: the run was stopped (${stops.request!.reason}).`);
  return stops.isInterrupted;
}

/** Until the fit that goes on is reached, a resumed script must not change the weights: the restored state has what it did. */
export function isInState({ isReplaying, console }: Session, call: string): boolean {
  if (isReplaying) console.info(`${call} is passed over: the restored state already holds what came after it.`);
  return isReplaying;
}

/** Until that fit is reached, what reads the weights reads the restored ones. */
export function sayIfRestored({ isReplaying, console, counters }: Session, call: string): void {
  if (isReplaying) console.info(`${call} uses the restored weights of step ${counters.step}.`);
}
