import { FileLogger } from "@snapfit/file-logger";
import { NeptuneLogger } from "@snapfit/neptune";
import { TensorBoardLogger } from "@snapfit/tensorboard";
import { loggerConformance, type ContractCheck, type LoggerCompanion } from "@snapfit/test-utils";
import { WandBLogger } from "@snapfit/wandb";
import { readMetrics } from "../../../file-logger/test/support/read-metrics.js";
import { readRuns } from "../../../neptune/test/support/read-runs.js";
import { readPoints as readEvents } from "../../../tensorboard/test/support/read-points.js";
import { readPoints as readHistory } from "../../../wandb/test/support/read-points.js";

/** Every logger of ours. */
export const allLoggers: readonly LoggerCompanion[] = [
  { addOn: FileLogger, read: readMetrics },
  { addOn: TensorBoardLogger, read: readEvents, precision: "float32" },
  { addOn: WandBLogger, options: { wandb: { mode: "offline" } }, read: readHistory },
  { addOn: NeptuneLogger, options: { neptune: { monitoring: false } }, read: readRuns, finiteOnly: true },
];

/** The check of all of them in one trainer. @param numOrders in which they are added */
export function companyCheck(numOrders: number): ContractCheck {
  const [{ addOn, ...settings }, ...others] = allLoggers as readonly [LoggerCompanion, ...LoggerCompanion[]];
  return loggerConformance(addOn, { ...settings, with: others, numOrders }).find(({ name }) => name.startsWith("stands beside"))!;
}
