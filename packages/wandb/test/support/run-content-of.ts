import { parseLoose, type WandBServer } from "./wandb-server.js";

type Values = Record<string, unknown>;

/** What a server has of a run, but for times, random identities and the machine: equal for clients that have done the same. */
export function contentOf(server: WandBServer, id: string): Values {
  const run = server.runs.get(id)!;
  const { _wandb, ...config } = JSON.parse(run.config) as Record<string, { value: unknown }>;
  const { displayName, notes, tags, groupName, jobType, project } = run.variables;
  const told = server.requests.flatMap(({ path, body }) =>
    path.endsWith("/file_stream") ? ((parseLoose(body)["uploaded"] as string[] | undefined) ?? []) : [],
  );
  return {
    about: { displayName, notes, tags, groupName, jobType, project },
    config,
    metrics: metricsOf((_wandb!.value as { m: Metric[] }).m),
    rows: server.rows(id).map(withoutClock),
    summary: withoutClock(parseLoose(run.summary)),
    console: consoleOf(run.files["output.log"] ?? []),
    files: Object.fromEntries(Object.entries(run.uploads).flatMap(([name, bytes]) => fileOf(name, bytes))),
    told: [...new Set(told)].filter(isCompared).map(withoutStep).sort(),
    alerts: run.alerts.map(({ title, text, severity, waitDuration }) => ({ title, text, severity, waitDuration })),
    artifacts: server.artifacts.artifacts.filter(({ variables }) => variables["artifactTypeName"] !== "run_table").map(artifactOf),
    exitCode: run.exitCode,
  };
}

/** Names of the figures of the machine, whatever its disks are called. */
export function eventKeysOf(server: WandBServer, id: string): string[] {
  const keys = server.runs.get(id)!.files["wandb-events.jsonl"]!.flatMap((line) => Object.keys(parseLoose(line)));
  return [...new Set(keys.map((key) => key.replace(/(?<=^system\.disk\.)[a-z]+\d*/, "<disk>")))].sort();
}

interface Metric {
  readonly 1: string;
  readonly 5?: number;
}

/** An axis is told by its place in the list. */
function metricsOf(metrics: readonly Metric[]): unknown[] {
  const named = metrics.map((metric) => ({ ...metric, 5: metrics[Number(metric[5] ?? 0) - 1]?.[1] ?? null }));
  return named.sort((a, b) => (a[1] < b[1] ? -1 : 1));
}

/** Rows and summaries. */
function withoutClock({ _runtime, _timestamp, _wandb, ...values }: Values): Values {
  if (typeof _runtime !== "number" || typeof _timestamp !== "number") throw new Error("A row or a summary has no time.");
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hasPath(value) ? asMedia(value) : value]));
}

function hasPath(value: unknown): value is Values & { readonly path: string } {
  return typeof value === "object" && value !== null && "path" in value;
}

/** The official client keeps tables as artifacts too. */
function asMedia(value: Values & { readonly path: string }): Values {
  const { artifact_path: _, _latest_artifact_path, path, ...media } = value;
  return { ...media, path: withoutStep(path), ...(path.endsWith(".png") && { sha256: "<hash>", size: "<size>" }) };
}

/** Lines of the official client about itself are left out. */
function consoleOf(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}/, "<time>")).filter((line) => !line.includes(" wandb: "));
}

function fileOf(name: string, bytes: Buffer): [name: string, content: unknown][] {
  if (!isCompared(name)) return [];
  const text = bytes.toString();
  switch (name) {
    case "wandb-metadata.json":
      return [
        [
          name,
          Object.keys(JSON.parse(text) as object)
            .filter((key) => key !== "args")
            .sort(),
        ],
      ];
    case "wandb-summary.json":
      return [[name, withoutClock(parseLoose(text))]];
    case "output.log":
      return [[name, text.split("\n").filter((line) => !line.startsWith("wandb: "))]];
    case "config.yaml":
      return [[name, "compared with the config by the official client's parser"]];
    default:
      return [[withoutStep(name), name.endsWith(".png") ? text.slice(1, 4) : text]];
  }
}

/** The packages of Python are not those of Node.js. */
function isCompared(name: string): boolean {
  return name !== "requirements.txt";
}

/** The official client calls a file after the step before that of its row. A PNG has other bytes where another zlib compresses it. */
function withoutStep(path: string): string {
  return path.replace(/(?<=^media\/\w+\/[a-z]+_)\d+/, "<step>").replace(/[\da-f]{20}(?=\.png)/, "<hash>");
}

function artifactOf({ variables, files, isCommitted }: WandBServer["artifacts"]["artifacts"][number]): Values {
  const { clientID, sequenceClientID, metadata, aliases, ...known } = variables;
  const manifest = JSON.parse(files["wandb_manifest.json"]!.toString()) as { contents: Record<string, Values> };
  const contents = Object.entries(manifest.contents).map(([path, { digest, size, skip_cache }]) => [path, { digest, size, skip_cache }]);
  return {
    ...known,
    identities: [clientID, sequenceClientID].map((id) => /^[a-z0-9]{128}$/.test(String(id))),
    metadata: JSON.parse(String(metadata)) as unknown,
    aliases: [...(aliases as { alias: string }[])].sort((a, b) => (a.alias < b.alias ? -1 : 1)),
    manifest: { ...manifest, contents: Object.fromEntries(contents) as unknown },
    files: Object.fromEntries(
      Object.entries(files).flatMap(([name, bytes]) => (name.endsWith("t.json") ? [] : [[name, bytes.toString("base64")]])),
    ),
    isCommitted,
  };
}
