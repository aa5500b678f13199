export { DiskStorage } from "@snapfit/base/node";
export { beforeExit, listenToSignals, type SignalHandling, type StopSignal } from "./signals.js";
