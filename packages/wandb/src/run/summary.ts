import type { StateRecord, StateTree } from "@snapfit/base";
import { jsonText } from "../log/json-text.js";
import type { JsonEntry } from "../log/write-records.js";
import type { MetricDefinitions } from "./metric-definitions.js";
import type { Row } from "./row.js";

/** What has been seen of a metric. */
interface Seen {
  first: number;
  last: number;
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** The summary of a run: the last value of each name, or what its definition asks for. */
export class Summary {
  readonly #metrics: MetricDefinitions;
  #texts = new Map<string, string>();
  /** Names that rows have: what else is said of them does not count. */
  #ofRows = new Set<string>();
  #seen = new Map<string, Seen>();

  constructor(metrics: MetricDefinitions) {
    this.#metrics = metrics;
  }

  /** Takes the values of a row that it has not taken yet. @param entries the row's values */
  count({ values, summary, counted }: Row, entries: readonly JsonEntry[]): void {
    for (const [name, json] of entries) {
      if (counted.has(name)) continue;
      counted.add(name);
      this.#ofRows.add(name);
      const text = this.#textOf(name, values[name]!, json);
      if (text !== undefined) this.#texts.set(name, text);
    }
    for (const name in summary) if (!this.#ofRows.has(name)) this.#texts.set(name, summary[name]!);
  }

  /** What the summary says of these names. */
  entriesOf(names: Iterable<string>): JsonEntry[] {
    const entries: JsonEntry[] = [];
    for (const name of names) {
      const json = this.#texts.get(name);
      if (json !== undefined) entries.push([name, json]);
    }
    return entries;
  }

  /** All of it. */
  entries(): JsonEntry[] {
    return [...this.#texts];
  }

  saveState(): StateRecord {
    return {
      ofRows: [...this.#ofRows],
      texts: Object.fromEntries(this.#texts),
      seen: Object.fromEntries([...this.#seen].map(([name, seen]) => [name, { ...seen }])),
    };
  }

  loadState({ ofRows = [], texts = {}, seen = {} }: StateRecord): void {
    this.#ofRows = new Set(ofRows as readonly string[]);
    this.#texts = new Map(Object.entries(texts as Record<string, string>));
    this.#seen = new Map(Object.entries(seen as Record<string, StateRecord>).map(([name, own]) => [name, { ...own } as unknown as Seen]));
  }

  /** Undefined for a metric that the summary leaves out. */
  #textOf(name: string, value: StateTree, json: string): string | undefined {
    const kinds = this.#metrics.of(name)?.summaries ?? [];
    if (kinds.length === 0 || typeof value !== "number") return json;
    if (kinds.includes("none")) return undefined;
    const seen = this.#see(name, value);
    return jsonText(Object.fromEntries(kinds.map((kind) => [kind, kind === "mean" ? seen.sum / seen.count : seen[kind as keyof Seen]])));
  }

  /** NaN counts as a value for `first` and `last` only. */
  #see(name: string, value: number): Seen {
    let seen = this.#seen.get(name);
    if (seen === undefined) this.#seen.set(name, (seen = { first: value, last: value, min: Infinity, max: -Infinity, sum: 0, count: 0 }));
    seen.last = value;
    if (Number.isNaN(value)) return seen;
    seen.min = Math.min(seen.min, value);
    seen.max = Math.max(seen.max, value);
    seen.sum += value;
    seen.count += 1;
    return seen;
  }
}
