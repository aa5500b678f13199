import { SnapfitError, type OptionCheck } from "@snapfit/base";

/** Where a schedule changes: `epochs` or `steps`, rising whole numbers above 0. */
export type Milestones =
  | { readonly epochs: readonly number[]; readonly steps?: undefined }
  | { readonly steps: readonly number[]; readonly epochs?: undefined };

const risingCounts: OptionCheck = [
  "a list of rising whole numbers above 0",
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((count, i) => Number.isSafeInteger(count) && count > (i === 0 ? 0 : value[i - 1])),
];

/** Checks of {@link Milestones}, but that one of both is given. */
export const milestoneChecks = { epochs: risingCounts, steps: risingCounts };

/** @throws SnapfitError `OPTION_INVALID` unless exactly one of both is given. */
export function checkMilestones(
  owner: string,
  { epochs, steps }: Milestones,
): { readonly unit: "epoch" | "step"; readonly at: readonly number[] } {
  if (epochs !== undefined && steps === undefined) return { unit: "epoch", at: epochs };
  if (steps !== undefined && epochs === undefined) return { unit: "step", at: steps };
  throw new SnapfitError(
    "OPTION_INVALID",
    `${owner}() got ${epochs === undefined ? "neither epochs nor" : "both epochs and"} steps. It takes one of them, such as { epochs: [30, 60] }.`,
  );
}
