import type { RandomStream } from "@snapfit/base";
import type { PenPath } from "./pen-path.js";

const numWaves = 3;

/**
 * Bends a path in place by a smooth random field: a few long waves for each direction.
 * @param strength standard deviation of the displacement, in units of the path. About 28 words of the stream.
 */
export function distortElastically({ x, y }: PenPath, strength: number, random: RandomStream): void {
  const amplitude = strength * Math.sqrt(2 / numWaves);
  // fx, fy: half to one and a half waves over the digit.
  const waves = Array.from({ length: 2 * numWaves }, () => ({
    fx: 3 * random.uniform() - 1.5,
    fy: 3 * random.uniform() - 1.5,
    phase: random.uniform(),
    height: amplitude * (0.5 + random.uniform()),
  }));
  for (let i = 0; i < x.length; i++) {
    const px = x[i]!;
    const py = y[i]!;
    for (let k = 0; k < waves.length; k++) {
      const wave = waves[k]!;
      const shift = wave.height * Math.sin(2 * Math.PI * (wave.fx * px + wave.fy * py + wave.phase));
      if (k < numWaves) x[i]! += shift;
      else y[i]! += shift;
    }
  }
}
