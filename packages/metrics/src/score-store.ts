import type { HostOutputs, StateRecord } from "@snapfit/base";
import type { ClassOutputs } from "./accuracy.js";
import { checkState, stateError } from "./check-state.js";
import { readLabels } from "./read-labels.js";
import { checkSameLength, inputError, readOutput } from "./read-output.js";

/** All scores and labels that a metric has seen, for those that cannot be had from sums. 8 bytes a score and 4 a label. */
export class ScoreStore {
  readonly #name: string;
  /** Scores a sample; 0 before the first batch. */
  #width = 0;
  #scores: Float64Array[] = [];
  #labels: Int32Array[] = [];

  /** @param name of the metric in messages and states. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Takes scores [batch], [batch, 1] (of the positive class; labels 0 and 1) or [batch, classes]. */
  update(names: ClassOutputs, outputs: HostOutputs): void {
    const scores = readOutput(this.#name, "scores", names.scores ?? "scores", outputs);
    const labels = readOutput(this.#name, "labels", names.labels ?? "labels", outputs);
    checkSameLength(this.#name, scores, labels);
    const [, width = 1] = scores.shape;
    if (scores.shape.length < 1 || scores.shape.length > 2 || width < 1 || (this.#width !== 0 && width !== this.#width)) {
      const expected = this.#width > 1 ? `[batch, ${this.#width}], as before` : "[batch] or [batch, classes], the same in all batches";
      throw inputError(this.#name, `got scores of shape [${scores.shape.join(", ")}]. They are ${expected}. Reshape them in the step.`);
    }
    const classes = readLabels(this.#name, labels, Math.max(2, width));
    this.#width = width;
    this.#scores.push(Float64Array.from(scores.data));
    this.#labels.push(classes);
  }

  /** Everything so far: `scores` [samples, width]. */
  all(): { readonly width: number; readonly scores: Float64Array; readonly labels: Int32Array } {
    this.#scores = [joinArrays(Float64Array, this.#scores)];
    this.#labels = [joinArrays(Int32Array, this.#labels)];
    return { width: this.#width, scores: this.#scores[0]!, labels: this.#labels[0]! };
  }

  reset(): void {
    this.#width = 0;
    this.#scores = [];
    this.#labels = [];
  }

  saveState(): StateRecord {
    const { width, scores, labels } = this.all();
    return { metric: this.#name, width, scores: scores.slice(), labels: labels.slice() };
  }

  merge(state: StateRecord): void {
    const settings = { metric: this.#name };
    checkState(state, settings, { width: 0, scores: new Float64Array(0), labels: new Int32Array(0) });
    const { width, scores, labels } = state as unknown as ReturnType<ScoreStore["all"]>;
    if (scores.length !== width * labels.length) throw stateError(settings, `it has ${scores.length} scores for ${labels.length} labels`);
    if (width === 0) return;
    if (this.#width !== 0 && width !== this.#width) throw stateError(settings, `width is ${width} in it, but ${this.#width} here`);
    this.#width = width;
    this.#scores.push(scores.slice());
    this.#labels.push(labels.slice());
  }

  loadState(state: StateRecord): void {
    const loaded = new ScoreStore(this.#name);
    loaded.merge(state);
    this.#width = loaded.#width;
    this.#scores = loaded.#scores;
    this.#labels = loaded.#labels;
  }
}

function joinArrays<T extends Float64Array | Int32Array>(ArrayType: new (length: number) => T, parts: readonly T[]): T {
  if (parts.length === 1) return parts[0]!;
  const joined = new ArrayType(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
