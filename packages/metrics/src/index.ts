export { accuracy, type Accuracy, type ClassOutputs } from "./accuracy.js";
export { auroc, aurocPerClass, type Auroc, type AurocOptions } from "./auroc.js";
export { computeAuroc, computeAurocPerClass } from "./compute-auroc.js";
export { confusionMatrix, type Confusion, type ConfusionMatrix, type ConfusionMatrixOptions } from "./confusion-matrix.js";
export { mean, type Mean, type MeanOptions } from "./mean.js";
export { computePerClassAccuracy, perClassAccuracy, type PerClassAccuracy } from "./per-class-accuracy.js";
export { topK, type TopK, type TopKOptions } from "./top-k.js";
