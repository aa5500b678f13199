import { isPromise, type Awaitable } from "./awaitable.js";
import type { Callback, HookName } from "./callbacks.js";
import type { Session } from "./session.js";
import type { Trainer } from "./trainer.js";
import type { TrainerMethods } from "./trainer-methods.js";

/** Calls a hook of the trainer, then those of the callbacks. Stays synchronous where nobody is asynchronous. */
export function callHook<H extends HookName>(session: Session, name: H, ...args: Parameters<TrainerMethods[H]>): Awaitable<void> {
  const { trainer, options } = session;
  const own = (trainer[name] as (...args: unknown[]) => Awaitable<void>)(...args);
  if (options.callbacks.length === 0) return own;
  return callCallbacks(session, own, name, args);
}

async function callCallbacks(session: Session, own: Awaitable<void>, name: HookName, args: readonly unknown[]): Promise<void> {
  if (isPromise(own)) await own;
  for (const callback of session.options.callbacks) {
    await (callback as Record<HookName, ((this: Callback, trainer: Trainer, ...args: readonly unknown[]) => Awaitable<void>) | undefined>)[
      name
    ]?.call(callback, session.trainer as unknown as Trainer, ...args);
  }
}
