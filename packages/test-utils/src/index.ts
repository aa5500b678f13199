export { addOnContract } from "./contract/add-on-contract.js";
export type {
  Companion,
  ContractCheck,
  ContractData,
  ContractHost,
  ContractOptions,
  ContractSettings,
  ContractWorld,
} from "./contract/settings.js";
export { expectAllClose, type Tolerance } from "./expect-all-close.js";
export { expectNoTensorLeak } from "./expect-no-tensor-leak.js";
export { expectSameBits } from "./expect-same-bits.js";
export { FaultServer, type FaultServerOptions, type ServerAnswer, type ServerFault, type ServerRequest } from "./fault-server.js";
export { loggerConformance } from "./loggers/logger-conformance.js";
export type { LoggedPoint, LoggedRows, LoggerCompanion, LoggerSettings, LoggerUnderTest } from "./loggers/settings.js";
export { matchers, type SnapfitMatchers } from "./matchers.js";
export { onRanks } from "./on-ranks.js";
export type { CrashState, CrashStateOptions, CrashStates } from "./storage/crash-states.js";
export { FaultStorage, type Fault, type FaultStorageOptions } from "./storage/fault-storage.js";
export { RecordingStorage } from "./storage/recording-storage.js";
export type { StorageCall } from "./storage/storage-call.js";
export { seededBatches, seededClasses, seededValues, type ClassSamples, type SampleOptions, type ValueSamples } from "./seeded-samples.js";
export { TestRanks } from "./test-ranks.js";
export { tinyLoader, type TinyLoaderOptions } from "./tiny-loader.js";
export { disposeModel, dummyModel, tinyClassifier, tinyRegressor, tinySource, type TinyModelOptions } from "./tiny-models.js";
export { DummyTrainer, tinyOptions, TinyRegressionTrainer, TinyTrainer, type ClassBatch, type ValueBatch } from "./tiny-trainers.js";
