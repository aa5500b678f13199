import type { MetricFacts } from "../log/write-records.js";
import type { MetricSettings } from "../wandb-options.js";

/** Finds how a metric is defined: by its name, else by the first pattern that fits. */
export class MetricDefinitions {
  readonly #byName: Readonly<Record<string, MetricSettings>>;
  readonly #patterns: readonly (readonly [pattern: RegExp, settings: MetricSettings])[];
  readonly #found = new Map<string, MetricFacts | undefined>();

  constructor(metrics: Readonly<Record<string, MetricSettings>>) {
    this.#byName = metrics;
    this.#patterns = Object.entries(metrics)
      .filter(([name]) => name.includes("*"))
      .map(([name, settings]) => [new RegExp(`^${name.split("*").map(literal).join(".*")}$`), settings]);
  }

  /** Undefined for a metric that nothing was said about. */
  of(name: string): MetricFacts | undefined {
    if (!this.#found.has(name)) this.#found.set(name, this.#define(name));
    return this.#found.get(name);
  }

  /** Whether the summary has the value of a row as it is. */
  isPlain(name: string): boolean {
    return (this.of(name)?.summaries.length ?? 0) === 0;
  }

  #define(name: string): MetricFacts | undefined {
    const settings = Object.hasOwn(this.#byName, name)
      ? this.#byName[name]
      : this.#patterns.find(([pattern]) => pattern.test(name) && !name.startsWith("_"))?.[1];
    if (settings === undefined) return undefined;
    const { step, summary = [], isHidden = false } = settings;
    return { name, stepMetric: step === name ? undefined : step, summaries: summary, isHidden };
  }
}

function literal(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
