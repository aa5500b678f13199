export { applyFixes } from "./apply-fixes.js";
export { checkModelCanTrain, type UntrainableLayer } from "./check-model-can-train.js";
export type { Fix } from "./fix.js";
export { unsupportedGradients } from "./unsupported-gradients.js";
