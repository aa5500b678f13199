export { sweepConfig } from "./sweep.js";
export { WandBLogger, type WandBMembers } from "./wandb-logger.js";
export type { WandBErrorCode } from "./wandb-error.js";
export type { SummaryKind } from "./log/write-records.js";
export type { MetricSettings, ResumeMode, WandBMode, WandBOptions, WandBSettings } from "./wandb-options.js";
export { uploadRun } from "./upload-run.js";
