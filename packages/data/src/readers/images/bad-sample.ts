import { SnapfitError } from "@snapfit/base";

/** Code of errors that speak of one sample's bytes: the others may be fine, and a loader may leave this one out. */
export type BadSampleCode = "SAMPLE_BAD";

/** A `SAMPLE_BAD` error. @param what what was found and what was expected, without a full stop. @param remedy a sentence. */
export function badSample(
  file: string,
  what: string,
  remedy = "Fetch the file again, or take it out.",
  cause?: unknown,
): SnapfitError<BadSampleCode> {
  return new SnapfitError("SAMPLE_BAD", `${file}: ${what}. ${remedy}`, cause === undefined ? undefined : { cause });
}
