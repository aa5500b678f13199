import { SnapfitError } from "@snapfit/base";
import type { Session } from "./session.js";

const sessions = new WeakMap<object, Session>();

/** The session of a trainer. @throws SnapfitError `NOT_READY` inside of constructors. */
export function sessionOf(trainer: object): Session {
  const session = sessions.get(trainer);
  if (session === undefined)
    throw new SnapfitError("NOT_READY", "A method of the trainer was called before its constructor was done. Use it in setup() instead.");
  return session;
}

export function setSession(trainer: object, session: Session): void {
  sessions.set(trainer, session);
}
