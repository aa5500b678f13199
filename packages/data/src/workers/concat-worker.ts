import type { Decoder } from "../decoded-set.js";
import { loadDecoder } from "./load-decoder.js";

/** The decoders of joined sets. */
export interface ConcatOptions {
  readonly parts: readonly Decoder[];
}

/** An input of one of the joined sets. */
export interface ConcatInput {
  readonly part: number;
  readonly input: unknown;
}

/** Decoder of joined sets: that of the set which the sample is from. */
export default function concatDecoder({ parts }: ConcatOptions): (input: ConcatInput) => Promise<unknown> {
  const loading = parts.map(loadDecoder);
  for (const each of loading) each.catch(() => {}); // told to each sample
  return async ({ part, input }) => (await loading[part]!)(input);
}
