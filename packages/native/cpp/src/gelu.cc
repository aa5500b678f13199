// The Gaussian error linear unit, exact and by tanh, and its gradient.
#include "bf16.h"
#include "call.h"
#include "exp-negative.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr int64_t kGrain = 8192;
constexpr float kRootHalf = 0.70710678118654752f, kRootTwoByPi = 0.79788456080286536f, kCubic = 0.044715f;
/** 1 / sqrt(2 pi) */
constexpr float kDensity = 0.39894228040143268f;

struct Normal {
  /** P(X <= x) */
  float below;
  float density;
};

/**
 * Of the standard normal distribution, with one e^(-x^2/2) for both. P(X > |x|) = (a1 t + ... + a5 t^5) e^(-x^2/2) / 2 with
 * t = 1 / (1 + p |x| / sqrt 2), to 7.5e-8 (Abramowitz & Stegun 7.1.26).
 */
inline Normal normalOf(float x) {
  const float e = expOfNegative(-0.5f * x * x);
  const float t = 1.0f / (1.0f + 0.3275911f * kRootHalf * std::fabs(x));
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const float above = 0.5f * p * t * e;
  return {x < 0 ? above : 1.0f - above, kDensity * e};
}

/** The form by tanh: (1 + tanh u) / 2 = 1 / (1 + e^(-2u)), by which neither tail loses digits. */
struct Logistic {
  float value;
  /** value (1 - value) */
  float slope;
};

inline Logistic logisticOf(float twoU) {
  const float tail = expOfNegative(-std::fabs(twoU));
  const float upper = 1.0f / (1.0f + tail);
  const float lower = tail * upper;
  return {twoU < 0 ? lower : upper, upper * lower};
}

template <class T>
void activate(const T* x, T* y, int64_t count, bool isTanh) {
  parallelFor(count, kGrain, [=](int64_t begin, int64_t end) {
    if (isTanh) {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = x[i];
        y[i] = v * logisticOf(2.0f * kRootTwoByPi * (v + kCubic * v * v * v)).value;
      }
    } else {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = x[i];
        y[i] = v * normalOf(v).below;
      }
    }
  });
}

/** gelu(x, y, isTanh): x P(X <= x) for a standard normal X; x and y float32 or bfloat16 */
void gelu(Call& call) {
  const size_t length = call.lengthOf(1);
  withElements(call, 0, length, [&](auto* x) {
    activate(x, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 1, length), static_cast<int64_t>(length), call.flag(2));
  });
}
SNAPFIT_EXPORT(gelu);

template <class Gradient, class T>
void gradient(const Gradient* dy, const T* x, T* dx, int64_t count, bool isTanh) {
  parallelFor(count, kGrain, [=](int64_t begin, int64_t end) {
    if (isTanh) {
      // s + x 2u' s (1 - s)
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = x[i], square = v * v;
        const Logistic s = logisticOf(2.0f * kRootTwoByPi * (v + kCubic * square * v));
        dx[i] = dy[i] * (s.value + v * 2.0f * kRootTwoByPi * (1.0f + 3.0f * kCubic * square) * s.slope);
      }
    } else {
      // P(X <= x) + x density(x)
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = x[i];
        const Normal normal = normalOf(v);
        dx[i] = dy[i] * (normal.below + v * normal.density);
      }
    }
  });
}

/** geluGrad(dy, x, dx, isTanh): dy and x float32 or bfloat16, dx as x */
void geluGrad(Call& call) {
  const size_t length = call.lengthOf(2);
  withElements(call, 0, length, [&](auto* dy) {
    withElements(call, 1, length, [&](auto* x) {
      gradient(dy, x, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 2, length), static_cast<int64_t>(length), call.flag(3));
    });
  });
}
SNAPFIT_EXPORT(geluGrad);

}  // namespace
}  // namespace snapfit
