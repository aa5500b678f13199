export { assignModelWeights, readModelWeights } from "../model-weights.js";
export { plainEntries } from "../plain-entries.js";
export { DiskStorage } from "@snapfit/base/node";
export { beforeExit, listenToSignals, type SignalHandling, type StopSignal } from "./signals.js";
