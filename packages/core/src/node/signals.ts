// Uses the global `process` only, so that the core can import it in browsers too, where it does nothing.

interface Process {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  listenerCount(event: string): number;
  exit(code: number): never;
  exitCode?: number | string | undefined;
}

const numbers = { SIGINT: 2, SIGTERM: 15 } as const;
/** Signals that a run acts on. */
export type StopSignal = keyof typeof numbers;

/** What a run does about a signal. */
export interface SignalHandling {
  /** Asks the run to stop after the running step. */
  stop(signal: StopSignal): void;
  /** Releases what the process holds, before it ends. */
  close(): Promise<void>;
}

/**
 * Acts on SIGINT and SIGTERM until the returned function is called: the first one asks the run to stop, a second one ends the process at once.
 * The returned function is told whether the run was interrupted; if a signal did it, it closes what is open, sets the exit code
 * (128 + the signal's number), and ends the process if nobody else listens to the signal.
 */
export function listenToSignals({ stop, close }: SignalHandling): (interrupted: boolean) => Promise<void> {
  const { process } = globalThis as unknown as { process?: Process };
  if (typeof process?.on !== "function") return () => Promise.resolve();
  let received: StopSignal | undefined;
  const listeners = (Object.keys(numbers) as StopSignal[]).map((signal) => {
    const listener = (): void => {
      if (received !== undefined) process.exit(128 + numbers[signal]);
      received = signal;
      stop(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return async (interrupted) => {
    try {
      if (received === undefined || !interrupted) return;
      await close();
      process.exitCode = 128 + numbers[received];
      if (process.listenerCount(received) <= 1) process.exit(128 + numbers[received]);
    } finally {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    }
  };
}

const closers = new Set<() => Promise<void>>();

/** Calls `close` when the event loop of the process has nothing left to do. Returns the undo. */
export function beforeExit(close: () => Promise<void>): () => void {
  const { process } = globalThis as unknown as { process?: Process };
  if (typeof process?.on !== "function") return () => undefined;
  if (closers.size === 0) process.on("beforeExit", closeAll); // one listener for all: Node warns of more than ten
  closers.add(close);
  return () => {
    closers.delete(close);
    if (closers.size === 0) process.off("beforeExit", closeAll);
  };
}

function closeAll(): void {
  for (const close of closers) close().catch((error: unknown) => console.error(error));
}
