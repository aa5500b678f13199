import type { RandomStream } from "@snapfit/base";

/** A number of the symmetric beta distribution Beta(alpha, alpha), in [0, 1]: of two gamma numbers, the share of one. @param alpha > 0 */
export function drawBeta(alpha: number, random: RandomStream): number {
  // With small alpha both numbers may be 0 in floating point, their logarithms may not.
  return 1 / (1 + Math.exp(logGamma(alpha, random) - logGamma(alpha, random)));
}

/** The logarithm of a number of Gamma(shape, 1). @see Marsaglia and Tsang 2000, doi 10.1145/358407.358414 */
function logGamma(shape: number, random: RandomStream): number {
  // Gamma(shape) is Gamma(shape + 1) * uniform^(1 / shape).
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
