import { SnapfitError } from "@snapfit/base";

/** @throws SnapfitError `OPTION_INVALID` */
export function checkDropout(operation: string, rate: number, seed: number): void {
  if (!(rate >= 0 && rate < 1)) {
    throw new SnapfitError(
      "OPTION_INVALID",
      `${operation} got the dropout rate ${rate}. It is the share of values to drop, at least 0 and less than 1.`,
    );
  }
  if (!Number.isFinite(seed)) {
    throw new SnapfitError("OPTION_INVALID", `${operation} got the seed ${seed}. It is a finite number: another one in each step.`);
  }
}
