/** One line of a benchmark's result. */
export interface Row {
  readonly case: string;
  /** Who ran it: `snapfit`, or the peer it is compared to. */
  readonly engine: string;
  readonly threads: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly runs: number;
}

/** What a benchmark file exports as its default. */
export interface Benchmark {
  /** One line on what is measured and against whom. */
  readonly title: string;
  run(): Promise<Row[]>;
}

/** Times in milliseconds as a row. */
export function row(name: string, engine: string, timesMs: readonly number[]): Row {
  const sorted = [...timesMs].sort((a, b) => a - b);
  return { case: name, engine, threads: 1, minMs: sorted[0]!, medianMs: sorted[sorted.length >> 1]!, runs: sorted.length };
}

/** Runs all sides in turn, round by round, so that what disturbs the machine disturbs all of them. The first `warmUp` rounds do not count. */
export async function inTurn<Side extends string>(
  rounds: number,
  warmUp: number,
  sides: Readonly<Record<Side, () => number | Promise<number>>>,
): Promise<Record<Side, number[]>> {
  const names = Object.keys(sides) as Side[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Side, number[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const ms = await sides[name]();
      if (round >= 0) times[name].push(ms);
    }
  }
  return times;
}
