import { invalidOption } from "./check-options.js";

/** Where a schedule changes: `epochs` or `steps`, rising whole numbers above 0. */
export type Milestones =
  | { readonly epochs: readonly number[]; readonly steps?: undefined }
  | { readonly steps: readonly number[]; readonly epochs?: undefined };

/** @throws SnapfitError `OPTION_INVALID` unless exactly one of both is given. */
export function checkMilestones(
  owner: string,
  { epochs, steps }: Milestones,
): { readonly unit: "epoch" | "step"; readonly at: readonly number[] } {
  if (epochs !== undefined && steps === undefined) return { unit: "epoch", at: epochs };
  if (steps !== undefined && epochs === undefined) return { unit: "step", at: steps };
  throw invalidOption(
    `${owner} got ${epochs === undefined ? "neither epochs nor" : "both epochs and"} steps.`,
    "Expected one of them, such as { epochs: [30, 60] }.",
  );
}
