import { hostname } from "node:os";
import { RecordKind } from "../log/record-kinds.js";
import { TransactionLog } from "../log/transaction-log.js";
import { writeEnvironment, writeHeader, writeItems, writeRun, writeTelemetry, type JsonEntry } from "../log/write-records.js";
import { CLIENT_VERSION } from "../version.js";
import type { ResolvedSettings } from "../wandb-options.js";
import { environmentFacts } from "./environment.js";
import type { Fragment } from "./fragments.js";

/** What stands at the beginning of a log. */
export interface Beginning {
  readonly settings: ResolvedSettings;
  readonly name: string;
  /** When the run would have begun, had it run without a break. */
  readonly startMs: number;
  readonly isResumed: boolean;
  readonly config: readonly JsonEntry[];
  /** Of the run so far. */
  readonly summary: readonly JsonEntry[];
}

/** Makes the log of a fragment, with all that the service must know before the first row. */
export function beginLog(fragment: Fragment, { settings, name, startMs, isResumed, config, summary }: Beginning): TransactionLog {
  const log = new TransactionLog(fragment.logPath);
  const run = {
    ...settings,
    name: settings.name ?? name,
    runId: fragment.runId,
    host: hostname(),
    startMs,
    isResumed: settings.resume === undefined ? isResumed : settings.resume !== "never",
  };
  log.add(RecordKind.header, (writer) => writeHeader(writer, CLIENT_VERSION));
  log.add(RecordKind.run, (writer) => writeRun(writer, run, config, CLIENT_VERSION));
  log.add(RecordKind.environment, (writer) => writeEnvironment(writer, environmentFacts(startMs)));
  log.add(RecordKind.telemetry, (writer) => writeTelemetry(writer, CLIENT_VERSION));
  if (summary.length > 0) log.add(RecordKind.summary, (writer) => writeItems(writer, summary));
  log.commit();
  return log;
}
