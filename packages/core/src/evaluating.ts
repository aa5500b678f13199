// What only evaluations need: loaded with the set-up of a trainer.
export { evaluate, evaluationPass } from "./evaluation.js";
export { predictionResult, predictions } from "./prediction.js";
