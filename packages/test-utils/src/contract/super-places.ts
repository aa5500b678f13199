/** Where `super` stands in an override of a method: the table of the loop's documentation. */
export type SuperPlace = "first" | "last" | "around";

const first = [
  "setup",
  "restore",
  "saveState",
  "loadState",
  "onFitStart",
  "onTrainEpochStart",
  "onTrainBatchStart",
  "onValidationEpochStart",
  "onValidationBatchStart",
  "transferBatch",
  "transformBatch",
  "scaleLoss",
  "reduceGradients",
  "unscaleGradients",
  "clipGradients",
  "onLog",
];
const last = ["onFitEnd", "onTrainEpochEnd", "onTrainBatchEnd", "onValidationEpochEnd", "onValidationBatchEnd", "onOptimizerStep"];

/** Methods whose result `super` may not wait for: the loop calls them inside a tidy, or needs the result at once. */
const synchronous = [
  "transferBatch",
  "transformBatch",
  "computeLoss",
  "scaleLoss",
  "accumulateGradients",
  "clipGradients",
  "applyGradients",
  "computeOutputs",
  "batchSize",
  "batchWeight",
  "trainingStep",
  "validationStep",
  "testStep",
  "predictStep",
];

/** Methods that may be answered without `super`: they say what something is. */
const answers = ["modelStateForUse", "batchSize", "batchWeight"];

/** Steps are the user's: an override of an add-on would lie below the user's own, or take its place. */
const usersOwn = ["trainingStep", "validationStep", "testStep", "predictStep"];

export function placeOf(method: string): SuperPlace {
  return first.includes(method) ? "first" : last.includes(method) ? "last" : "around";
}

export function isSynchronous(method: string): boolean {
  return synchronous.includes(method);
}

export function isUsersOwn(method: string): boolean {
  return usersOwn.includes(method);
}

/** How often an override may call `super`: `computeGradients` is repeatable. */
export function superCallsOf(method: string): { readonly least: number; readonly most: number } {
  return { least: answers.includes(method) ? 0 : 1, most: method === "computeGradients" ? Infinity : 1 };
}
