// What is needed only once a trainer is ready: loaded with its set-up.
export { evaluate, evaluationPass } from "./evaluation.js";
export { isAfterStop, isInState, sayIfRestored } from "./passed-over.js";
export { predictionResult, predictions } from "./prediction.js";
