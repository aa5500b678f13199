import { SnapfitError } from "@snapfit/base";
import type { Decoder } from "../decoded-set.js";

/** What a thread begins with. */
export interface ThreadSetup {
  /** Undefined where inputs are samples. */
  readonly decoder: Decoder | undefined;
  /** URL of a module whose default export is a transform. */
  readonly transform: string | undefined;
  readonly seed: number;
  /** Whether the thread makes a batch of the samples, or sends them one by one. */
  readonly isCollating: boolean;
  readonly onBadSample: "throw" | "skip";
  /** Id of the task and position of the sample that the thread is making: what is left of it when it dies. */
  readonly progress: Int32Array;
}

/** The samples of one batch. */
export interface ThreadTask {
  /** From 1. */
  readonly id: number;
  readonly pass: number;
  readonly indices: Uint32Array;
  readonly repeats: Uint32Array | undefined;
  readonly inputs: readonly unknown[];
}

/** An error as it travels between threads. */
export interface SentError {
  /** Of a SnapfitError. */
  readonly code: string | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** What a SnapfitError was caused by. */
  readonly cause?: SentError | undefined;
}

/** A sample that could not be made, by its position in the task. */
export interface SentFailure {
  readonly position: number;
  readonly error: SentError;
}

/** What the thread answers. */
export type ThreadReply = { readonly id: number } & (
  | {
      /** The batch, if the thread collates and any sample is left; else samples by position. */
      readonly batch?: unknown;
      readonly samples?: readonly unknown[];
      readonly bad: readonly SentFailure[];
    }
  /** Position undefined: not one sample, but all of them (a module that cannot be loaded, samples that do not fit together). */
  | { readonly failure: { readonly position: number | undefined; readonly error: SentError } }
);

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { code: undefined, name: "Error", message: String(error), stack: undefined };
  const code = error.name === "SnapfitError" ? (error as SnapfitError).code : undefined;
  const cause = code !== undefined && error.cause instanceof Error ? sendError(error.cause) : undefined;
  return { code, name: error.name, message: error.message, stack: error.stack, cause };
}

/** The error again, with the sample that it belongs to. */
export function receiveError(
  { code, name, message, stack, cause }: SentError,
  sample: { readonly index: number; readonly input: unknown } | undefined,
): Error {
  if (code !== undefined) {
    const input = sample === undefined ? "" : inputText(sample.input);
    const where = sample === undefined ? "" : ` (Sample ${sample.index}${message.includes(input) ? "" : `, made of ${input}`}.)`;
    return new SnapfitError(code, message + where, cause && { cause: plainError(cause) });
  }
  const what = sample === undefined ? "A batch" : `Sample ${sample.index}, made of ${inputText(sample.input)},`;
  return new SnapfitError(
    "LOADER_WORKER",
    `${what} could not be made in a thread: ${name}: ${message}. The decoder or the transform has failed. Look at the cause's stack; without workers it can be debugged in this thread.`,
    { cause: plainError({ name, message, stack }) },
  );
}

function plainError({ name, message, stack }: Pick<SentError, "name" | "message" | "stack">): Error {
  return Object.assign(new Error(message), { name, stack });
}

/** An input in a message. */
export function inputText(input: unknown): string {
  if (typeof input === "string") return input.length > 200 ? `${input.slice(0, 200)}…` : input;
  if (ArrayBuffer.isView(input)) return `${input.byteLength} bytes`;
  const text = JSON.stringify(input, (_, value: unknown) => (ArrayBuffer.isView(value) ? inputText(value) : value)) ?? String(input);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
