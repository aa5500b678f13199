import type { AnyAddOn } from "@snapfit/core";
import type { ContractCheck } from "../contract/settings.js";
import { checkBesideThrower, checkCompany, checkNoDisk, checkRanks } from "./check-company.js";
import { checkKills, checkRepeatedKills, checkRestarts, checkRewind } from "./check-kills.js";
import { checkLongText, checkManyRows, checkOddRows } from "./check-rows.js";
import { checkTorn } from "./check-torn.js";
import { Conformance } from "./conformance.js";
import type { LoggerSettings } from "./settings.js";

/**
 * The checks that every logger passes besides those of `addOnContract`, for any test runner: each one's `run` rejects with a sentence that names the
 * fault. A tiny trainer runs a script of two fits with a StateManager in a folder of its own; what the logger wrote there, in its own format, is read
 * back by `settings.read` and compared with what the core gave to the sinks: every scalar and text once, and those of one name in order. A kill is a
 * copy of the folder and the checkpoints at that moment, on which another process goes on. `config` records are not rows: each process brings one.
 * @example
 * // for (const { name, run } of loggerConformance(FileLogger, { read: (folder) => readMetrics(folder) })) test(name, run);
 */
export function loggerConformance(addOn: AnyAddOn, settings: LoggerSettings): ContractCheck[] {
  const conformance = new Conformance(addOn, settings);
  return [
    { name: "has every row once, wherever the run is killed", run: () => checkKills(conformance) },
    { name: "has every row once after many kills", run: () => checkRepeatedKills(conformance) },
    { name: "has every row once when the run is stopped and started again", run: () => checkRestarts(conformance) },
    { name: "has every row once after a kill within a write", run: () => checkTorn(conformance) },
    { name: "begins a branch when a resumed run differs", run: () => checkRewind(conformance) },
    { name: "stands beside other loggers, in every order", run: () => checkCompany(conformance) },
    { name: "goes on beside a sink that throws", run: () => checkBesideThrower(conformance) },
    { name: "lets the run go on without a disk", run: () => checkNoDisk(conformance) },
    { name: "writes on one of two ranks", run: () => checkRanks(conformance) },
    { name: "keeps NaN, infinities, and names and texts in any script", run: () => checkOddRows(conformance) },
    { name: "keeps a text of a million characters", run: () => checkLongText(conformance) },
    { name: "keeps 100,000 rows", run: () => checkManyRows(conformance) },
  ];
}
