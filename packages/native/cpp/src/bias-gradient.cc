// The gradient of an activation together with that of the bias before it, in one pass.
#include <algorithm>

#include "activation.h"
#include "call.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Rows whose sum is made in float32. Fixed, so that results do not depend on the number of threads. */
constexpr int64_t kRows = 128;
/** Channels summed in registers. */
constexpr int64_t kChannels = 64;
constexpr size_t kSumsScratch = 110;

/** dz = dy f'(y) for rows `begin` to `end`, and their sums by channel. */
template <class Derivative>
void gradientOfRows(const float* dy, const float* y, float* dz, float* sums, int64_t begin, int64_t end, int64_t channels, const Derivative& derivative) {
  for (int64_t first = 0; first < channels; first += kChannels) {
    const int64_t length = std::min(kChannels, channels - first);
    float sum[kChannels] = {};
    for (int64_t row = begin; row < end; row++) {
      const int64_t at = row * channels + first;
      const auto step = [&](int64_t c) {
        const float gradient = dy[at + c] * derivative(y[at + c]);
        dz[at + c] = gradient;
        sum[c] += gradient;
      };
      if (length == kChannels) {
#pragma omp simd
        for (int64_t c = 0; c < kChannels; c++) step(c);
      } else {
#pragma omp simd
        for (int64_t c = 0; c < length; c++) step(c);
      }
    }
    std::copy_n(sum, length, sums + first);
  }
}

template <class Derivative>
void gradient(const float* dy, const float* y, float* dz, float* dBias, int64_t rows, int64_t channels, const Derivative& derivative) {
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

/** biasedActivationGradient(dy, y, dz, dBias, activation): of y = f(z), z = ... + bias, where the derivative follows from y. */
void biasedActivationGradient(Call& call) {
  const Floats dBias = call.floats(3);
  const int64_t channels = static_cast<int64_t>(dBias.length);
  const Floats dy = call.floats(0);
  const int64_t rows = channels == 0 ? 0 : static_cast<int64_t>(dy.length) / channels;
  const Floats y = call.floats(1, dy.length), dz = call.floats(2, dy.length);
  const auto run = [&](const auto& derivative) { gradient(dy.data, y.data, dz.data, dBias.data, rows, channels, derivative); };
  // NaN in y gives NaN.
  switch (static_cast<Activation>(call.integer(4))) {
    case Activation::kRelu: return run([](float v) { return v > 0.0f ? 1.0f : (v <= 0.0f ? 0.0f : v); });
    case Activation::kElu: return run([](float v) { return v >= 0.0f ? 1.0f : v + 1.0f; });
    case Activation::kSigmoid: return run([](float v) { return v * (1.0f - v); });
    case Activation::kTanh: return run([](float v) { return 1.0f - v * v; });
    default: throw CallError("internal: the derivative of this activation does not follow from its result.");
  }
}
SNAPFIT_EXPORT(biasedActivationGradient);

}  // namespace
}  // namespace snapfit
