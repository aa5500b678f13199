/** What a check can find. */
export type CheckCode =
  | "STEP_FAILED"
  | "INPUT_RANGE"
  | "INDEX_RANGE"
  | "NOT_FINITE"
  | "CONSTANT_OUTPUT"
  | "NO_GRADIENT_OF_OP"
  | "NO_GRADIENT"
  | "ZERO_GRADIENT";

/** One thing that {@link check} has found. */
export interface CheckFinding {
  /** An `error` makes training fail or go wrong; a `warning` may be meant. */
  readonly severity: "error" | "warning";
  readonly code: CheckCode;
  /** Path of the layer or parameter, or the array of the batch; undefined where there is none. */
  readonly where: string | undefined;
  /** What was found, and what to do. */
  readonly message: string;
}

/** Bytes of tensors in a training step. What the engine itself needs besides comes on top. */
export interface MemoryEstimate {
  /** Samples of the batch that was checked. */
  readonly numSamples: number;
  /** At most alive at once with that batch: weights, gradients, activations and the batch; optimizer slots once they are made. */
  readonly peakBytes: number;
  /** What each further sample adds. */
  readonly bytesPerSample: number;
  /** The peak with another batch size. */
  peakBytesOf(numSamples: number): number;
}

/** What {@link check} returns; as text, a line for each finding and one for the memory. */
export class CheckReport {
  constructor(
    readonly findings: readonly CheckFinding[],
    /** Undefined if the step cannot be done, or not with half of the batch. */
    readonly memory: MemoryEstimate | undefined,
  ) {}

  get errors(): readonly CheckFinding[] {
    return this.findings.filter(({ severity }) => severity === "error");
  }

  get warnings(): readonly CheckFinding[] {
    return this.findings.filter(({ severity }) => severity === "warning");
  }

  /** How much memory batches of several sizes take, as a sentence; undefined without `memory`. */
  get memoryText(): string | undefined {
    const { memory } = this;
    if (memory === undefined) return undefined;
    const sizes = [memory.numSamples, 2 * memory.numSamples, 4 * memory.numSamples];
    const text = sizes.map((size) => `${bytesText(memory.peakBytesOf(size))} with ${size} sample${size === 1 ? "" : "s"}`);
    return `Tensors of a step take ${text.slice(0, -1).join(", ")} and ${text.at(-1)}.`;
  }

  toString(): string {
    const lines = this.findings.map(({ severity, message }) => `${severity}: ${message}`);
    if (lines.length === 0) lines.push("Nothing found.");
    if (this.memoryText !== undefined) lines.push(this.memoryText);
    return lines.join("\n");
  }
}

function bytesText(bytes: number): string {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")} ${unit}`;
}
