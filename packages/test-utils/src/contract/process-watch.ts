interface NodeProcess {
  eventNames(): (string | symbol)[];
  listenerCount(event: string | symbol): number;
  getActiveResourcesInfo?(): string[];
}

/** Timers by kind, the function that begins them and the one that ends them. */
const kinds = [
  ["setTimeout", "clearTimeout"],
  ["setInterval", "clearInterval"],
  ["setImmediate", "clearImmediate"],
] as const;
type Timers = Record<(typeof kinds)[number][number], (...args: unknown[]) => unknown>;

/** What the platform keeps open by itself, or only for a moment. Timers are watched by name. */
const passing = new Set(["Timeout", "Immediate", "TickObject", "Microtask"]);

/**
 * Watches timers, listeners of the process and open resources from now on. Replaces the global timer functions until {@link stop}:
 * one watch at a time.
 */
export class ProcessWatch {
  readonly #global = globalThis as unknown as Timers;
  readonly #originals = { ...pick(globalThis as unknown as Timers) };
  readonly #running = new Map<unknown, string>();
  readonly #listeners = listenerCounts();
  readonly #resources = resourceCounts();
  readonly #functions = globalFunctions();

  constructor() {
    for (const [set, clear] of kinds) {
      if (typeof this.#originals[set] !== "function") continue;
      this.#global[set] = (callback: unknown, ...rest: unknown[]): unknown =>
        this.#begin(set, callback as (...args: unknown[]) => unknown, rest);
      this.#global[clear] = (handle: unknown): unknown => {
        this.#running.delete(handle);
        return this.#originals[clear](handle);
      };
    }
  }

  stop(): void {
    Object.assign(this.#global, this.#originals);
  }

  /** What is still there, after it has had a little time to end by itself. */
  async leftovers(): Promise<string[]> {
    let found = this.#found();
    for (let i = 0; i < 20 && found.length > 0; i++) {
      await new Promise((resolve) => this.#originals.setTimeout(resolve, 5));
      found = this.#found();
    }
    return found;
  }

  #begin(set: "setTimeout" | "setInterval" | "setImmediate", callback: (...args: unknown[]) => unknown, rest: unknown[]): unknown {
    const ended = (...args: unknown[]): unknown => {
      if (set !== "setInterval") this.#running.delete(handle);
      return callback(...args);
    };
    const handle = this.#originals[set](ended, ...rest);
    this.#running.set(handle, set === "setImmediate" ? "a running setImmediate()" : `a running ${set}() of ${Number(rest[0] ?? 0)} ms`);
    return handle;
  }

  #found(): string[] {
    const timers = [...this.#running]
      .filter(([handle]) => (handle as { _destroyed?: boolean } | undefined)?._destroyed !== true)
      .map(([, what]) => what); // ended by its own close()
    const listeners = [...listenerCounts()]
      .filter(([event, count]) => count > (this.#listeners.get(event) ?? 0))
      .map(([event]) => `a listener of the process event "${String(event)}"`);
    const resources = [...resourceCounts()]
      .filter(([kind, count]) => count > (this.#resources.get(kind) ?? 0))
      .map(([kind]) => `an open resource (${kind})`);
    const functions = [...globalFunctions()]
      .filter(([name, value]) => value !== this.#functions.get(name))
      .map(([name]) => `another ${name}()`);
    return [...timers, ...listeners, ...resources, ...functions];
  }
}

function pick(timers: Timers): Timers {
  return Object.fromEntries(kinds.flat().map((name) => [name, timers[name]])) as Timers;
}

function nodeProcess(): NodeProcess | undefined {
  const { process } = globalThis as unknown as { process?: NodeProcess };
  return typeof process?.eventNames === "function" ? process : undefined;
}

function listenerCounts(): Map<string | symbol, number> {
  const process = nodeProcess();
  return new Map(process?.eventNames().map((event) => [event, process.listenerCount(event)]));
}

function resourceCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of nodeProcess()?.getActiveResourcesInfo?.() ?? []) {
    if (!passing.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Functions that tools put theirs around, and have to give back. */
function globalFunctions(): Map<string, unknown> {
  const { console, Math: math, fetch } = globalThis;
  const named = [
    ...printing.map((name) => [`console.${name}`, console[name]] as const),
    ["Math.random", math.random] as const,
    ["fetch", fetch] as const,
  ];
  return new Map<string, unknown>(named);
}

const printing = ["debug", "log", "info", "warn", "error"] as const;

/** Runs `body` and returns the lines that were printed meanwhile, past any logger; they are not shown. */
export async function printedLines(body: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const originals = Object.fromEntries(printing.map((name) => [name, console[name]]));
  const record = (...args: unknown[]): void => void lines.push(args.map(String).join(" "));
  Object.assign(console, Object.fromEntries(printing.map((name) => [name, record])));
  try {
    await body();
  } finally {
    Object.assign(console, originals);
  }
  return lines;
}
