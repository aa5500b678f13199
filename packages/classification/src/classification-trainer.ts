import { isHostTensor, SnapfitError } from "@snapfit/base";
import {
  EarlyStopper,
  Trainer,
  type Awaitable,
  type BatchSource,
  type EpochMetrics,
  type HostForm,
  type HostPrediction,
  type Metrics,
  type Prediction,
  type StepResult,
} from "@snapfit/core";
import { accuracy, type Confusion } from "@snapfit/metrics";
import { hostValues } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { areIndices, checkLabels } from "./check-labels.js";
import { classResults, worstMistakes, type ClassResult, type Mistake } from "./class-results.js";
import {
  classificationOptionNames,
  classSettings,
  withDefaults,
  type ClassificationOptions,
  type ClassSettings,
} from "./classification-options.js";
import { ConfusionRecorder } from "./confusion-recorder.js";
import { textTable } from "./text-table.js";

/** A batch under the default keys. */
export interface ClassificationBatch {
  /** [batch, …], floats as the model takes them or integers from 0 to 255. */
  readonly image: tf.Tensor;
  /** Class indices [batch] or [batch, 1], or probabilities [batch, classes]. */
  readonly label: tf.Tensor;
}

/** Classes up to which the whole confusion matrix is logged as a table. */
const MAX_LOGGED_CLASSES = 100;

/**
 * Trains a model that answers an image, or any array, with one logit for each class. Says the accuracy of every epoch; after a validation or test it has
 * the accuracy of each class and the confusion matrix.
 *
 * @example
 * const model = () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
 * await using trainer = new ClassificationTrainer({ model, numClasses: 2, classNames: ["cat", "dog"], device: "cpu", seed: 1 });
 * const batch = { image: tf.randomUniform([8, 4]), label: tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1], "int32") };
 * await trainer.fit({ train: [batch], validation: [batch], epochs: 3 });
 * console.log(trainer.history.valid["acc"], trainer.classTable());
 */
export class ClassificationTrainer<Batch extends object = ClassificationBatch> extends Trainer<Batch> {
  static override readonly optionNames: readonly string[] = classificationOptionNames;
  readonly #settings: ClassSettings;
  #confusion: Confusion | undefined;

  /** @throws SnapfitError `OPTION_INVALID`, and those of every trainer */
  constructor(options: ClassificationOptions) {
    super(withDefaults(options));
    this.#settings = classSettings(options);
  }

  /** Names of the classes in order of their indices. */
  get classNames(): readonly string[] {
    return this.#settings.classNames;
  }
  /** Labels (rows) against predictions (columns) of the last validation or test, over all ranks; undefined before the first. */
  get confusion(): Confusion | undefined {
    return this.#confusion;
  }
  /** How each class fared in the last validation or test; empty before the first. */
  get classResults(): ClassResult[] {
    return this.#confusion === undefined ? [] : classResults(this.#confusion, this.classNames);
  }
  /** The mistakes that the last validation or test showed most often. */
  worstMistakes(limit = 5): Mistake[] {
    return this.#confusion === undefined ? [] : worstMistakes(this.#confusion, this.classNames, limit);
  }
  /** {@link classResults} as an aligned table for people. */
  classTable(): string {
    const shareText = (share: number): string => (Number.isNaN(share) ? "-" : share.toFixed(3));
    const rows = this.classResults.map(({ name, samples, accuracy: share, mostlyTakenFor }) => [
      name,
      samples,
      shareText(share),
      mostlyTakenFor ?? "",
    ]);
    return textTable(["class", "samples", "accuracy", "mostly taken for"], rows);
  }

  /** Probabilities [batch, classes] for each batch. The batches need no labels. */
  override predict(
    source: BatchSource<HostForm<Batch>> | BatchSource<HostForm<Partial<Batch>>>,
  ): AsyncGenerator<HostPrediction, void, undefined> {
    return super.predict(source as BatchSource<HostForm<Batch>>);
  }
  /** {@link predict} as an array, one entry a batch. */
  override predictAll(source: BatchSource<HostForm<Batch>> | BatchSource<HostForm<Partial<Batch>>>): Promise<HostPrediction[]> {
    return super.predictAll(source as BatchSource<HostForm<Batch>>);
  }

  // What runs in a step. Each part may be overridden.

  protected override trainingStep(batch: Batch, _index: number): StepResult {
    const { logits, labels } = this.classify(batch);
    return { loss: this.loss(logits, labels), acc: batchAccuracy(logits, mostProbable(labels)) };
  }

  /** Under `outputs` stand `scores`, the logits [batch, classes], and `labels`, class indices [batch]: the names that metrics look for. */
  protected override validationStep(batch: Batch, _index: number): StepResult {
    const { logits, labels } = this.classify(batch);
    const indices = mostProbable(labels);
    return { loss: this.loss(logits, labels), acc: batchAccuracy(logits, indices), outputs: { scores: logits, labels: indices } };
  }

  /** The probability of each class [batch, classes]. */
  protected override predictStep(batch: Batch, _index: number): Prediction {
    return tf.softmax(this.#logits(this.#part(batch, this.#settings.imageKey)));
  }

  /** The model's logits [batch, classes] for a batch, and its labels: class indices [batch], int32, or probabilities [batch, classes], float32. */
  protected classify(batch: Batch): { readonly logits: tf.Tensor2D; readonly labels: tf.Tensor1D | tf.Tensor2D } {
    const { imageKey, labelKey, numClasses } = this.#settings;
    const labels = this.#part(batch, labelKey);
    const isIndices = areIndices(labels.shape, numClasses, labelKey);
    return {
      logits: this.#logits(this.#part(batch, imageKey)),
      labels: isIndices ? labels.toInt().as1D() : (labels.toFloat() as tf.Tensor2D),
    };
  }

  /** Images as the model takes them. The default scales integers (uint8 arrives as int32) from 0..255 to 0..1 and leaves floats as they are. */
  protected normalize(images: tf.Tensor): tf.Tensor {
    return images.dtype === "int32" ? images.toFloat().div(255) : images;
  }

  /** Checks the labels, where they are in host memory, and normalises the images: `transformBatch` augments what the model will see. */
  protected override transferBatch(batch: unknown): unknown {
    const { imageKey } = this.#settings;
    this.#checkLabels(batch);
    return tf.tidy(() => {
      const transferred = super.transferBatch(batch);
      const image = partOf(transferred, imageKey);
      return (
        image instanceof tf.Tensor ? { ...(transferred as object), [imageKey]: this.normalize(image) } : transferred
      ) as tf.TensorContainer;
    });
  }

  // What is set up, and what is said at the end of a validation.

  /** Stops when the validation accuracy has not grown by 0.001 for 10 validations, or is 0.99. */
  protected override configureEarlyStoppers(): Awaitable<{ readonly train?: EarlyStopper; readonly valid?: EarlyStopper }> {
    return { valid: new EarlyStopper({ monitor: "acc", mode: "max", patience: 10, targetValue: 0.99 }) };
  }

  /** `acc`, counted exactly over all batches and ranks, and the confusion matrix, which adds no value to the history. Add to `valid` what else is wanted. */
  protected override configureMetrics(): Awaitable<{ readonly train?: Metrics; readonly valid?: Metrics }> {
    return { valid: { acc: accuracy(), confusion: new ConfusionRecorder(this.classNames, (confusion) => (this.#confusion = confusion)) } };
  }

  /** Logs the tables `valid/classes` and, up to 100 classes, `valid/confusion`; `test/…` of a test. */
  protected override async onValidationEpochEnd(metrics: EpochMetrics): Promise<void> {
    const confusion = this.#confusion;
    const { classNames } = this;
    const phase = this.phase === "test" ? "test" : "valid";
    if (confusion !== undefined) {
      const rows = this.classResults.map(({ name, samples, accuracy, mostlyTakenFor }) => [
        name,
        samples,
        accuracy,
        mostlyTakenFor ?? null,
      ]);
      this.logTable(`${phase}/classes`, ["class", "samples", "accuracy", "mostly taken for"], rows);
      if (classNames.length <= MAX_LOGGED_CLASSES) {
        this.logTable(
          `${phase}/confusion`,
          ["label", ...classNames],
          classNames.map((name, i) => [name, ...confusion.counts.subarray(i * classNames.length, (i + 1) * classNames.length)]),
        );
      }
    }
    await super.onValidationEpochEnd(metrics);
  }

  #logits(images: tf.Tensor): tf.Tensor2D {
    const logits = this.forward(images);
    const { numClasses } = this.#settings;
    if (logits.rank === 2 && logits.shape[1] === numClasses) return logits as tf.Tensor2D;
    throw new SnapfitError(
      "LOGITS_SHAPE",
      `The model answered [${logits.shape.join(", ")}]. A classifier of ${numClasses} classes answers logits [batch, ${numClasses}]. Check its last layer, or numClasses.`,
    );
  }

  #checkLabels(batch: unknown): void {
    const { labelKey, numClasses } = this.#settings;
    const labels = partOf(batch, labelKey);
    if (isHostTensor(labels)) checkLabels(labels.data, numClasses, labelKey, labels.shape);
    else if (labels instanceof tf.Tensor) {
      tf.tidy(() => {
        const values = hostValues(labels.toFloat()); // undefined where a read would have to wait
        if (values !== undefined) checkLabels(values, numClasses, labelKey, labels.shape);
      });
    }
  }

  #part(batch: object, key: string): tf.Tensor {
    const part = partOf(batch, key);
    if (part instanceof tf.Tensor) return part;
    const option = key === this.#settings.imageKey ? "imageKey" : "labelKey";
    const names = Object.keys(batch).join(", ") || "nothing";
    throw new SnapfitError(
      "BATCH_KEY",
      `The batch has no array "${key}"; it has ${names}. Name the part with the option ${option}, or rename it in the loader.`,
    );
  }
}

function partOf(batch: unknown, key: string): unknown {
  return typeof batch === "object" && batch !== null ? (batch as Record<string, unknown>)[key] : undefined;
}

/** Class indices [batch]: of probabilities the first of the largest. */
function mostProbable(labels: tf.Tensor1D | tf.Tensor2D): tf.Tensor1D {
  return labels.rank === 1 ? (labels as tf.Tensor1D) : labels.argMax<tf.Tensor1D>(1);
}

/** The share of samples whose largest logit is the label's [] */
function batchAccuracy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return logits.argMax(1).equal(labels).mean();
}
