// The Gaussian error linear unit, exact and by tanh, and its gradient.
#include "call.h"
#include "threads.h"
#include "vector-math.h"

namespace snapfit {
namespace {

constexpr int64_t kGrain = 8192;
constexpr float kRootHalf = 0.70710678118654752f, kRootTwoByPi = 0.79788456080286536f, kCubic = 0.044715f;
/** 1 / sqrt(2 pi) */
constexpr float kDensity = 0.39894228040143268f;

/** The form by tanh: (1 + tanh u) / 2 = 1 / (1 + e^(-2u)), by which neither tail loses digits. */
struct Logistic {
  float value;
  /** value (1 - value) */
  float slope;
};

inline Logistic logisticOf(float twoU) {
  const float tail = fastExp(-std::fabs(twoU));
  const float upper = 1.0f / (1.0f + tail);
  const float lower = tail * upper;
  return {twoU < 0 ? lower : upper, upper * lower};
}

/** gelu(x, y, isTanh): x P(X <= x) for a standard normal X */
void gelu(Call& call) {
  const Floats x = call.floats(0), y = call.floats(1, x.length);
  const bool isTanh = call.flag(2);
  parallelFor(static_cast<int64_t>(x.length), kGrain, [=](int64_t begin, int64_t end) {
    const float* from = x.data;
    float* to = y.data;
    if (isTanh) {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = from[i];
        to[i] = v * logisticOf(2.0f * kRootTwoByPi * (v + kCubic * v * v * v)).value;
      }
    } else {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) to[i] = 0.5f * from[i] * (1.0f + fastErf(from[i] * kRootHalf));
    }
  });
}
SNAPFIT_EXPORT(gelu);

/** geluGrad(dy, x, dx, isTanh) */
void geluGrad(Call& call) {
  const Floats x = call.floats(1), dy = call.floats(0, x.length), dx = call.floats(2, x.length);
  const bool isTanh = call.flag(3);
  parallelFor(static_cast<int64_t>(x.length), kGrain, [=](int64_t begin, int64_t end) {
    const float *from = x.data, *g = dy.data;
    float* to = dx.data;
    if (isTanh) {
      // s + x 2u' s (1 - s)
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = from[i], square = v * v;
        const Logistic s = logisticOf(2.0f * kRootTwoByPi * (v + kCubic * square * v));
        to[i] = g[i] * (s.value + v * 2.0f * kRootTwoByPi * (1.0f + 3.0f * kCubic * square) * s.slope);
      }
    } else {
      // P(X <= x) + x density(x)
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float v = from[i];
        to[i] = g[i] * (0.5f * (1.0f + fastErf(v * kRootHalf)) + v * kDensity * fastExp(-0.5f * v * v));
      }
    }
  });
}
SNAPFIT_EXPORT(geluGrad);

}  // namespace
}  // namespace snapfit
