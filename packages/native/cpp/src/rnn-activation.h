// Activations of recurrent layers over rows of gates, with their slopes told from the results.
#pragma once

#include <cstdint>

#include "vector-math.h"

namespace snapfit {

/** 1 / d for positive d from 1e-37 to 1e37, to rounding: a division of vectors costs as much as the polynomials around it. */
inline float gateReciprocal(float d) {
  // r is right to 12 %, then two steps of r' = r (1 + e + e^2), e = 1 - d r, each of which takes the error to its third power.
  float r = floatOf(0x7ef311c7 - bitsOf(d));
  float e = 1.0f - d * r;
  r = r + r * (e + e * e);
  e = 1.0f - d * r;
  return r + r * (e + e * e);
}

/** 1 / (1 + e^-x); 0 below -80. */
inline float gateSigmoid(float x) {
  const float t = x < -80.0f ? 80.0f : (x > 80.0f ? -80.0f : -x);
  // t = n ln 2 + r, as in fastExp(); adding 1.5 * 2^23 rounds, and leaves n in the lowest bits.
  const float biased = t * 1.44269504f + 12582912.0f;
  const float n = biased - 12582912.0f;
  const float r = (t - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float mantissa = p * (r * r) + r + 1.0f;
  const uint32_t bits = static_cast<uint32_t>(bitsOf(mantissa)) + (static_cast<uint32_t>(bitsOf(biased)) << 23);
  const float value = gateReciprocal(1.0f + floatOf(static_cast<int32_t>(bits)));
  return x < -80.0f ? 0.0f : value;
}

/** tanh x, as fastTanh() with gateReciprocal(). */
inline float gateTanh(float x) {
  const float c = x > 7.99881172180175781f ? 7.99881172180175781f : (x < -7.99881172180175781f ? -7.99881172180175781f : x);
  const float s = c * c;
  float p = -2.76076847742355e-16f;
  p = p * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  float q = 1.19825839466702e-06f;
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return c * p * gateReciprocal(q);
}

/** Numbered as in TypeScript. */
enum class RnnActivation { kLinear, kSigmoid, kHardSigmoid, kTanh, kRelu };

/** to[i] = f(from[i]); the two may be the same. */
inline void activate(RnnActivation activation, const float* from, float* to, int64_t count) {
  switch (activation) {
    case RnnActivation::kLinear:
      if (from == to) return;
#pragma omp simd
      for (int64_t i = 0; i < count; i++) to[i] = from[i];
      return;
    case RnnActivation::kSigmoid:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) to[i] = gateSigmoid(from[i]);
      return;
    case RnnActivation::kHardSigmoid:
      // max(0, min(1, 0.2 x + 0.5)), as Keras has it
#pragma omp simd
      for (int64_t i = 0; i < count; i++) {
        const float y = 0.2f * from[i] + 0.5f;
        to[i] = y > 1.0f ? 1.0f : (y < 0.0f ? 0.0f : y);
      }
      return;
    case RnnActivation::kTanh:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) to[i] = gateTanh(from[i]);
      return;
    case RnnActivation::kRelu:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) to[i] = from[i] < 0.0f ? 0.0f : from[i];
      return;
  }
}

/** gradient[i] *= f'(x), told from y = f(x). */
inline void multiplyBySlope(RnnActivation activation, const float* y, float* gradient, int64_t count) {
  switch (activation) {
    case RnnActivation::kLinear: return;
    case RnnActivation::kSigmoid:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) gradient[i] *= y[i] * (1.0f - y[i]);
      return;
    case RnnActivation::kHardSigmoid:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) gradient[i] *= y[i] > 0.0f && y[i] < 1.0f ? 0.2f : 0.0f;
      return;
    case RnnActivation::kTanh:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) gradient[i] *= 1.0f - y[i] * y[i];
      return;
    case RnnActivation::kRelu:
#pragma omp simd
      for (int64_t i = 0; i < count; i++) gradient[i] *= y[i] > 0.0f ? 1.0f : 0.0f;
      return;
  }
}

}  // namespace snapfit
