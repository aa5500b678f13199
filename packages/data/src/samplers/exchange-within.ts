import type { RandomStream } from "@snapfit/base";

/** Proposals for each place. With twenty, hardly fewer samples of a batch share one again in the next pass. */
const ROUNDS = 2;

/**
 * Positions 0, 1, 2, … in windows, after positions of different windows have changed places at random, wherever both stay within the limits of their windows.
 * @param ends where each window ends. @param limits the positions [from, to) that each window may hold; its own are among them.
 */
export function exchangeWithin(
  ends: Uint32Array,
  { from, to }: { readonly from: Uint32Array; readonly to: Uint32Array },
  random: RandomStream,
): Uint32Array {
  const positions = Uint32Array.from({ length: ends.at(-1) ?? 0 }, (_, i) => i);
  const windowOf = new Uint32Array(positions.length);
  ends.forEach((end, window) => windowOf.fill(window, window === 0 ? 0 : ends[window - 1]!, end));
  const isAllowed = (position: number, window: number): boolean => position >= from[window]! && position < to[window]!;
  for (let round = 0; round < ROUNDS; round++) {
    for (let place = 0; place < positions.length; place++) {
      const window = windowOf[place]!;
      const other = from[window]! + random.integer(to[window]! - from[window]!);
      const [own, others] = [positions[place]!, positions[other]!];
      if (!isAllowed(others, window) || !isAllowed(own, windowOf[other]!)) continue;
      positions[place] = others;
      positions[other] = own;
    }
  }
  return positions;
}
