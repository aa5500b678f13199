/** A value now or later: what overridable methods that may be asynchronous return. */
export type Awaitable<T> = T | Promise<T>;

/** Whether a value must be awaited. Skipping the await of a plain value keeps a step cheap. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
