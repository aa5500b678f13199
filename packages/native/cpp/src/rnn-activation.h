// Activations of recurrent layers over rows of gates, with their slopes told from the results.
#pragma once

#include <cstdint>

#include "vector-math.h"

namespace snapfit {

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
      for (int64_t i = 0; i < count; i++) to[i] = fastSigmoid(from[i]);
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
      for (int64_t i = 0; i < count; i++) to[i] = fastTanh(from[i]);
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
