// The gradient of an activation together with that of the bias before it, in one pass.
#include <algorithm>

#include "activation.h"
#include "call.h"
#include "float-vector.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Rows whose sum is made in float32. Fixed, so that results do not depend on the number of threads. */
constexpr int64_t kRows = 128;
constexpr size_t kSumsScratch = 110;

/** dz = dy f'(y) of `kVectors` times sixteen channels, for rows from `begin` to `end`, and their sums. */
template <int kVectors, class Gradient, class T, class Derivative>
void gradientOfVectors(const Gradient* dy, const T* y, T* dz, float* sums, int64_t begin, int64_t end, int64_t channels, const Derivative& derivative) {
  FloatVector sum[kVectors] = {};
  for (int64_t at = begin * channels; at < end * channels; at += channels) {
    for (int v = 0; v < kVectors; v++) {
      const FloatVector gradient = load(dy + at + v * kLanes) * derivative(load(y + at + v * kLanes));
      store(dz + at + v * kLanes, gradient);
      sum[v] += gradient;
    }
  }
  for (int v = 0; v < kVectors; v++) store(sums + v * kLanes, sum[v]);
}

template <class Gradient, class T, class Derivative>
void gradientOfRows(const Gradient* dy, const T* y, T* dz, float* sums, int64_t begin, int64_t end, int64_t channels, const Derivative& derivative) {
  int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) gradientOfVectors<4>(dy + c, y + c, dz + c, sums + c, begin, end, channels, derivative);
  for (; c + kLanes <= channels; c += kLanes) gradientOfVectors<1>(dy + c, y + c, dz + c, sums + c, begin, end, channels, derivative);
  for (; c < channels; c++) {
    float sum = 0;
    for (int64_t at = begin * channels + c; at < end * channels; at += channels) sum += dz[at] = dy[at] * derivative(static_cast<float>(y[at]));
    sums[c] = sum;
  }
}

template <class Gradient, class T, class Derivative>
void gradient(const Gradient* dy, const T* y, T* dz, float* dBias, int64_t rows, int64_t channels, const Derivative& derivative) {
  const int64_t blocks = (rows + kRows - 1) / kRows;
  float* sums = scratch(kSumsScratch, blocks * channels);
  parallelFor(blocks, 1 + 16384 / (kRows * channels), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      gradientOfRows(dy, y, dz, sums + block * channels, block * kRows, std::min(rows, (block + 1) * kRows), channels, derivative);
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0;
    for (int64_t block = 0; block < blocks; block++) sum += sums[block * channels + c];
    dBias[c] = static_cast<float>(sum);
  }
}

/**
 * biasedActivationGradient(dy, y, dz, dBias, activation): of y = f(z), z = ... + bias, where the derivative follows from y. dy and y are float32 or
 * bfloat16, dz is as y.
 */
void biasedActivationGradient(Call& call) {
  const Floats dBias = call.floats(3);
  const int64_t channels = static_cast<int64_t>(dBias.length);
  const size_t count = call.lengthOf(2);
  const int64_t rows = channels == 0 ? 0 : static_cast<int64_t>(count) / channels;
  const auto run = [&](const auto& derivative) {
    withElements(call, 0, count, [&](auto* dy) {
      withElements(call, 1, count, [&](auto* y) {
        gradient(dy, y, elementsLike<std::remove_pointer_t<decltype(y)>>(call, 2, count), dBias.data, rows, channels, derivative);
      });
    });
  };
  // Each works on a float and on a vector of them; NaN in y gives NaN.
  switch (static_cast<Activation>(call.integer(4))) {
    case Activation::kRelu: return run([](auto v) { return v > 0.0f ? decltype(v){} + 1.0f : (v <= 0.0f ? decltype(v){} : v); });
    case Activation::kElu: return run([](auto v) { return v >= 0.0f ? decltype(v){} + 1.0f : v + 1.0f; });
    case Activation::kSigmoid: return run([](auto v) { return v * (1.0f - v); });
    case Activation::kTanh: return run([](auto v) { return 1.0f - v * v; });
    default: throw CallError("internal: the derivative of this activation does not follow from its result.");
  }
}
SNAPFIT_EXPORT(biasedActivationGradient);

}  // namespace
}  // namespace snapfit
