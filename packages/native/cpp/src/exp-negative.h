// e^x where x is at most 0, as in softmax: half the instructions of fastExp().
#pragma once

#include "vector-math.h"

namespace snapfit {

/** e^x for x <= 0; below -87.3, where results would be denormal, it is 0. NaN stays NaN. */
inline float expOfNegative(float x) {
  const float clamped = x < -87.33654f ? -87.33654f : x;
  // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
  const float shifted = clamped * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  // e^r - 1 = r + r^2 p(r), minimax coefficients (Cephes' expf)
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const float result = p * powerOfTwo(bitsOf(shifted));
  return x < -87.33654f ? 0.0f : result;
}

}  // namespace snapfit
