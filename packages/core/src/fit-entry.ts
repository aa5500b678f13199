import type { StateRecord } from "@snapfit/base";
import type { Limits } from "./fit-options.js";

/** What is remembered of one call of `fit`, for resuming. */
export interface FitEntry {
  limits: Limits;
  /** Why it ended; null while it runs, also after an interruption. */
  finished: { readonly by: "limit" | "stop"; readonly reason: string } | null;
  /** Counters when it began. */
  readonly startStep: number;
  readonly startEpoch: number;
  /** Steps before it plus its own, where that can be known. */
  totalSteps: number | null;
  /** The training loader at its end, so that a resumed script continues with the next pass. */
  loader: StateRecord | null;
  /** The same of the validation loader. */
  validationLoader: StateRecord | null;
}

/** Whether new limits allow more than the old ones did. */
export function allowsMore(now: Limits, before: Limits): boolean {
  return (["epochs", "steps", "maxSeconds"] as const).some((name) => before[name] !== undefined && (now[name] ?? Infinity) > before[name]);
}

/** `15 epochs, 3000 steps` */
export function limitsText({ epochs, steps, maxSeconds }: Limits): string {
  return [
    epochs !== undefined && `${epochs} epochs`,
    steps !== undefined && `${steps} steps`,
    maxSeconds !== undefined && `${maxSeconds} s`,
  ]
    .filter(Boolean)
    .join(", ");
}
