// What only training needs: loaded by the first `fit`, so that an application that evaluates or predicts does not carry it.
export { runFit } from "./fit.js";
export { planFit } from "./fit-options.js";
export { runOptimizerStep } from "./train-step.js";
export { clip } from "./update-parameters.js";
export { accumulate, computeWindowGradients } from "./window-gradients.js";
export { checkSubject } from "./check/check-subject.js";
