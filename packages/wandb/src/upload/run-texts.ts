import { bytesOf, numberOf, protoFields, textsOf, type ProtoField } from "../log/proto-reader.js";
import type { MetricEntry, RunEntry } from "../log/read-records.js";

/** What a run has said of itself so far. */
export interface RunFacts {
  readonly run: RunEntry | undefined;
  /** JSON texts by name. */
  readonly config: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, MetricEntry>;
  /** Fields of its record. */
  readonly environment: readonly ProtoField[];
  readonly summary: ReadonlyMap<string, string>;
  /** JSON text of the seconds that it has taken. */
  readonly runtime: string;
}

/** The config as the service stores it. */
export function configText(facts: RunFacts): string {
  const entries = [...facts.config].map(([name, json]) => `${JSON.stringify(name)}:{"value":${json}}`);
  return `{${[...entries, `"_wandb":{"value":${JSON.stringify(ownConfig(facts))}}`].join(",")}}`;
}

/** `config.yaml`: values in YAML's flow style, which is JSON. */
export function configYaml(facts: RunFacts): string {
  const entries = [...facts.config, ["_wandb", JSON.stringify(ownConfig(facts))] as const];
  return entries.map(([name, json]) => `${JSON.stringify(name)}:\n    value: ${yamlOf(json)}\n`).join("");
}

export function summaryText({ summary, runtime }: RunFacts): string {
  const entries = [...summary].map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  return `{${[...entries, `"_wandb":{"runtime":${runtime}}`].join(",")}}`;
}

/** `wandb-metadata.json`. */
export function metadata({ environment: fields, run }: RunFacts): Record<string, unknown> {
  const text = (field: number): string | undefined => textsOf(fields, field)[0];
  const args = textsOf(fields, 5);
  const [memory] = bytesOf(fields, 21);
  const [cpu] = bytesOf(fields, 22);
  return {
    os: text(1),
    python: text(2),
    startedAt: new Date(run?.startMs ?? 0).toISOString(),
    ...(args.length > 0 && { args }),
    program: text(6),
    root: text(11),
    host: text(12),
    executable: text(14),
    cpu_count: numberOf(fields, 16),
    cpu_count_logical: numberOf(fields, 17),
    disk: Object.fromEntries(bytesOf(fields, 20).map(readDisk)),
    memory: { total: String(memory === undefined ? 0 : numberOf(protoFields(memory), 1)) },
    cpu: { model: cpu === undefined ? "" : textsOf(protoFields(cpu), 3)[0] },
    writerId: text(199),
  };
}

/** What the service keeps beside the user's config. */
function ownConfig(facts: RunFacts): Record<string, unknown> {
  const names = [...facts.metrics.keys()];
  const metrics = [...facts.metrics.values()].map(({ name, stepMetric, options, summaries }) => ({
    1: name,
    ...(stepMetric !== undefined && { 5: names.indexOf(stepMetric) + 1 }),
    6: options,
    7: summaries,
  }));
  const version = facts.run?.version ?? "";
  return {
    cli_version: version,
    t: { 5: version, 13: `${process.platform}-${process.arch}` },
    m: metrics,
    e: { [textsOf(facts.environment, 199)[0] ?? "0"]: metadata(facts) },
  };
}

function readDisk(bytes: Uint8Array): [root: string, sizes: { total: string; used: string }] {
  const entry = protoFields(bytes);
  const [sizes] = bytesOf(entry, 2);
  const fields = sizes === undefined ? [] : protoFields(sizes);
  return [textsOf(entry, 1)[0] ?? "/", { total: String(numberOf(fields, 1)), used: String(numberOf(fields, 2)) }];
}

/** The words for what JSON has not are others in YAML. */
function yamlOf(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) =>
    found.startsWith('"') ? found : found.replace("Infinity", ".inf").replace("NaN", ".nan"),
  );
}
