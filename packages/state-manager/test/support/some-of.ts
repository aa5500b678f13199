import { RandomStream } from "@snapfit/base";

/** So many of them by chance, in their order. */
export function someOf<T>(all: readonly T[], count: number, seed: number): T[] {
  const chosen = RandomStream.fromSeed(seed, "someOf").permutation(all.length).slice(0, count);
  return [...chosen].sort((a, b) => a - b).map((i) => all[i]!);
}
