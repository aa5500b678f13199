/**
 * Fields of the message `Record`: what a record is.
 * @see wandb/wandb: wandb/proto/wandb_internal.proto
 */
export const RecordKind = {
  history: 2,
  summary: 3,
  config: 5,
  files: 6,
  stats: 7,
  artifact: 8,
  alert: 10,
  telemetry: 11,
  metric: 12,
  outputRaw: 13,
  run: 17,
  exit: 18,
  header: 21,
  environment: 26,
} as const;
