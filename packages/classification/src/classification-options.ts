import { checkSetting, text, wholeNumberFrom } from "@snapfit/base";
import type { TrainerOptions } from "@snapfit/core";
import { adam, stepDecay } from "@snapfit/optim";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.js";

/** Options of {@link ClassificationTrainer}: those of every trainer, and these. */
export interface ClassificationOptions extends TrainerOptions {
  /** Number of classes, at least 2: the length of the model's logits. */
  readonly numClasses: number;
  /** Names of the classes in order of their indices, for tables. @default their indices */
  readonly classNames?: readonly string[];
  /** Where a batch holds the images. @default "image" */
  readonly imageKey?: string;
  /** Where a batch holds the class indices, or probabilities. @default "label" */
  readonly labelKey?: string;
}

/** Names of the options beyond those of every trainer. */
export const classificationOptionNames = ["numClasses", "classNames", "imageKey", "labelKey"] as const;

/**
 * Options with the defaults of a classifier: softmax cross-entropy, Adam at 0.001, and the rate times 0.1 after every 10 epochs.
 * An optimizer of the user's comes without that schedule: its rate is changed by nobody who was not asked.
 */
export function withDefaults(options: ClassificationOptions): ClassificationOptions {
  const { optimizer, schedule = optimizer === undefined ? stepDecay({ everyEpochs: 10, factor: 0.1 }) : undefined } = options ?? {};
  return {
    ...options,
    loss: options?.loss ?? softmaxCrossEntropy,
    optimizer: optimizer ?? adam({ learningRate: 0.001 }),
    ...(schedule && { schedule }),
  };
}

/** The own options, checked and complete. */
export interface ClassSettings {
  readonly numClasses: number;
  readonly classNames: readonly string[];
  readonly imageKey: string;
  readonly labelKey: string;
}

/** @throws SnapfitError `OPTION_INVALID` */
export function classSettings({ numClasses, classNames, imageKey = "image", labelKey = "label" }: ClassificationOptions): ClassSettings {
  checkSetting("Option numClasses", numClasses, wholeNumberFrom(2));
  const names = classNames ?? Array.from({ length: numClasses }, (_, index) => String(index));
  const isRight = Array.isArray(names) && names.length === numClasses && new Set(names).size === numClasses;
  checkSetting("Option classNames", names, [`${numClasses} different names, one for each class`, () => isRight]);
  for (const [name, key] of Object.entries({ imageKey, labelKey }))
    checkSetting(`Option ${name}`, key, ["the name of a part of the batch", text[1]]);
  return { numClasses, classNames: names, imageKey, labelKey };
}
