import { checkOptions, type HostOutputs, type Metric, type OptionCheck, type StateRecord } from "@snapfit/base";
import { classOutputChecks, readClasses, type ClassOutputs } from "./accuracy.js";
import { checkState, stateError } from "./check-state.js";
import { inputError } from "./read-output.js";

/** Options of {@link confusionMatrix} and {@link perClassAccuracy}. */
export interface ConfusionMatrixOptions extends ClassOutputs {
  /** Names of the classes in order of their indices. They fix the number of classes; without them it grows with what is seen, and names are indices. */
  readonly classNames?: readonly string[];
}

/** Counts of a classifier's answers: row = label, column = prediction. */
export interface Confusion {
  readonly numClasses: number;
  /** [numClasses, numClasses], row by row. */
  readonly counts: Float64Array;
}

/** Classes beyond which the matrix would need more than 134 MB. */
const MAX_CLASSES = 4096;

const classNamesRule: OptionCheck = [
  `a list of 1 to ${MAX_CLASSES} different names`,
  (names) => Array.isArray(names) && names.length > 0 && names.length <= MAX_CLASSES && new Set(names).size === names.length,
];

/** Counts how often each label was predicted as each class. A sample with a NaN score makes its label's row NaN. */
export function confusionMatrix(options: ConfusionMatrixOptions = {}): ConfusionMatrix {
  return new ConfusionMatrix(options);
}

/** What {@link confusionMatrix} makes. */
export class ConfusionMatrix implements Metric {
  readonly direction = "max";
  readonly #name: string;
  readonly #options: ConfusionMatrixOptions;
  #numClasses = 0;
  #counts = new Float64Array(0);

  /** @param name of the metric in messages and states. */
  constructor(options: ConfusionMatrixOptions, name = "confusionMatrix") {
    checkOptions(`${name}()`, options, { ...classOutputChecks, classNames: classNamesRule });
    this.#name = name;
    this.#options = options;
    this.reset();
  }

  update(outputs: HostOutputs): void {
    const { predicted, labels, numClasses } = readClasses(this.#name, this.#options, outputs);
    let largest = (numClasses ?? 0) - 1;
    for (let i = 0; i < labels.length; i++) largest = Math.max(largest, labels[i]!, Number.isNaN(predicted[i]) ? 0 : predicted[i]!);
    this.#grow(largest + 1);
    for (let i = 0; i < labels.length; i++) {
      const row = labels[i]! * this.#numClasses;
      if (Number.isNaN(predicted[i])) this.#counts.fill(NaN, row, row + this.#numClasses);
      else this.#counts[row + predicted[i]!]!++;
    }
  }

  /** The counts so far (a copy). */
  confusion(): Confusion {
    return { numClasses: this.#numClasses, counts: this.#counts.slice() };
  }

  /** The name of a class: of `classNames`, or its index. */
  className(index: number): string {
    return this.#options.classNames?.[index] ?? String(index);
  }

  /** All cells by name: `{ "cat/dog": 3 }` says that three cats were taken for dogs. */
  compute(): Readonly<Record<string, number>> {
    const cells: [string, number][] = [];
    this.#counts.forEach((count, i) =>
      cells.push([`${this.className(Math.floor(i / this.#numClasses))}/${this.className(i % this.#numClasses)}`, count]),
    );
    return Object.fromEntries(cells);
  }

  reset(): void {
    this.#numClasses = this.#options.classNames?.length ?? 0;
    this.#counts = new Float64Array(this.#numClasses ** 2);
  }

  saveState(): StateRecord {
    return { metric: this.#name, numClasses: this.#numClasses, counts: this.#counts.slice() };
  }

  loadState(state: StateRecord): void {
    const { numClasses, counts } = this.#read(state);
    this.reset();
    this.#grow(numClasses);
    this.#add(numClasses, counts);
  }

  merge(state: StateRecord): void {
    const { numClasses, counts } = this.#read(state);
    this.#grow(numClasses);
    this.#add(numClasses, counts);
  }

  #read(state: StateRecord): Confusion {
    const settings = { metric: this.#name };
    checkState(state, settings, { numClasses: 0, counts: new Float64Array(0) });
    const { numClasses, counts } = state as unknown as Confusion;
    if (numClasses ** 2 !== counts.length) throw stateError(settings, `it has ${counts.length} counts for ${numClasses} classes`);
    const named = this.#options.classNames?.length ?? numClasses;
    if (numClasses > named) throw stateError(settings, `it has ${numClasses} classes, but classNames has ${named}`);
    return { numClasses, counts };
  }

  #grow(numClasses: number): void {
    if (numClasses <= this.#numClasses) return;
    const limit = this.#options.classNames?.length ?? MAX_CLASSES;
    if (numClasses > limit)
      throw inputError(
        this.#name,
        `met class ${numClasses - 1}, but counts ${limit} classes at most (those of classNames, or ${MAX_CLASSES}). Check the labels, or the names.`,
      );
    const old = this.confusion();
    this.#numClasses = numClasses;
    this.#counts = new Float64Array(numClasses ** 2);
    this.#add(old.numClasses, old.counts);
  }

  #add(numClasses: number, counts: Float64Array): void {
    counts.forEach((count, i) => {
      this.#counts[Math.floor(i / numClasses) * this.#numClasses + (i % numClasses)]! += count;
    });
  }
}
