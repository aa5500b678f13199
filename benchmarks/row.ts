/** One line of a benchmark's result. */
export interface Row {
  readonly case: string;
  /** Who ran it: `snapfit`, or the peer it is compared to. */
  readonly engine: string;
  readonly threads: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly runs: number;
  /** How the engine ran, where there is a choice. */
  readonly note?: string;
  /** Largest resident memory of the engine's own process. */
  readonly peakMegabytes?: number;
  /** From the start of the engine's process to the end of its first step. */
  readonly firstStepMs?: number;
}

/** What the command line asks for; what it leaves out means everything. */
export interface BenchmarkOptions {
  /** Git-ignored folder for what a benchmark installs and writes. */
  readonly scratch: string;
  readonly only?: readonly string[] | undefined;
  readonly engine?: readonly string[] | undefined;
  readonly profile?: boolean | undefined;
}

/** What a benchmark file exports as its default. */
export interface Benchmark {
  /** One line on what is measured and against whom. */
  readonly title: string;
  /** The engine whose time is divided by the others'. @default "snapfit" */
  readonly own?: string;
  /** What `--only` and `--engine` may name. Without it these two and `--profile` are refused. */
  readonly choices?: { readonly only: readonly string[]; readonly engine: readonly string[] };
  run(options: BenchmarkOptions): Promise<Row[]>;
  /** What is said below the rows. */
  summary?(rows: readonly Row[]): string;
}

/** Times in milliseconds as a row. */
export function row(name: string, engine: string, timesMs: readonly number[], threads = 1): Row {
  const sorted = [...timesMs].sort((a, b) => a - b);
  return { case: name, engine, threads, minMs: sorted[0]!, medianMs: sorted[sorted.length >> 1]!, runs: sorted.length };
}

/**
 * Runs all sides in turn, round by round, so that what disturbs the machine disturbs all of them. A side gives its time, or those of several
 * steps. The first `warmUp` rounds do not count.
 */
export async function inTurn<Side extends string>(
  rounds: number,
  warmUp: number,
  sides: Readonly<Record<Side, () => number | readonly number[] | Promise<number | readonly number[]>>>,
): Promise<Record<Side, number[]>> {
  const names = Object.keys(sides) as Side[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const ms = await sides[name]();
      if (round >= 0) times[name].push(...[ms].flat());
    }
  }
  return times;
}
