export { checkLabels } from "./check-labels.js";
export { classResults, worstMistakes, type ClassResult, type Mistake } from "./class-results.js";
export type { ClassificationErrorCode } from "./classification-error-code.js";
export type { ClassificationOptions } from "./classification-options.js";
export { ClassificationTrainer, type ClassificationBatch } from "./classification-trainer.js";
export { softmaxCrossEntropy } from "./softmax-cross-entropy.js";
export { textTable } from "./text-table.js";
