// The gradient of batch normalisation in training.
#include "bf16.h"
#include "call.h"
#include "norm-sums.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

struct Normalization {
  int64_t rows, channels;
  const float *mean, *rate, *gamma;
};

/** dBeta = sum dy, and sum dy (x - mean) in `products`, by channel. */
template <class Gradient, class T>
void sums(const Gradient* dy, const T* x, const float* mean, int64_t rows, int64_t channels, float* dBeta, float* products) {
  const int64_t size = std::max<int64_t>(16, 8192 / channels);
  const int64_t numBlocks = (rows + size - 1) / size;
  float* partials = scratch(kNormPartials, 2 * numBlocks * channels);
  parallelFor(numBlocks, 2, [=](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      const int64_t first = block * size, last = std::min(rows, first + size);
      sumColumns(first, last, channels, partials + block * channels, [=](int64_t row, int64_t c) { return dy[row * channels + c]; });
      sumColumns(first, last, channels, partials + (numBlocks + block) * channels,
                 [=](int64_t row, int64_t c) { return dy[row * channels + c] * (x[row * channels + c] - mean[c]); });
    }
  });
  sumBlocks(partials, numBlocks, channels, dBeta);
  sumBlocks(partials + numBlocks * channels, numBlocks, channels, products);
}

/** With n = (x - mean) rate: dx = gamma rate (dy - mean(dy) - n mean(dy n)), dGamma = sum dy n, dBeta = sum dy. */
template <class Gradient, class T>
void gradient(const Gradient* dy, const T* x, T* dx, const Normalization& of, float* dGamma, float* dBeta) {
  const auto [rows, channels, mean, rate, gamma] = of;
  float* scale = scratch(kNormColumns, 3 * channels);
  float* slope = scale + channels;
  float* level = slope + channels;
  sums(dy, x, mean, rows, channels, dBeta, dGamma);
  for (int64_t c = 0; c < channels; c++) {
    scale[c] = gamma[c] * rate[c];
    slope[c] = dGamma[c] * rate[c] * rate[c] / static_cast<float>(rows);
    level[c] = dBeta[c] / static_cast<float>(rows);
    dGamma[c] *= rate[c];
  }
  parallelFor(rows, 32768 / channels + 1, [=, channels = channels, mean = mean](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const Gradient* fromDy = dy + row * channels;
      const T* fromX = x + row * channels;
      T* to = dx + row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) to[c] = scale[c] * (fromDy[c] - level[c] - (fromX[c] - mean[c]) * slope[c]);
    }
  });
}

/** batchNormTrainingGrad(dy, x, statistics [mean, rate], gamma, dx, dGamma, dBeta, [rows, channels]): dy and x float32 or bfloat16, dx as x. */
void batchNormTrainingGrad(Call& call) {
  const Ints p = call.ints(7, 2);
  const int64_t rows = p[0], channels = p[1];
  const size_t count = rows * channels;
  const float* mean = call.floats(2, 2 * channels).data;
  const Normalization of = {rows, channels, mean, mean + channels, call.floats(3, channels).data};
  float* dGamma = call.floats(5, channels).data;
  float* dBeta = call.floats(6, channels).data;
  withElements(call, 0, count, [&](auto* dy) {
    withElements(call, 1, count, [&](auto* x) { gradient(dy, x, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 4, count), of, dGamma, dBeta); });
  });
}
SNAPFIT_EXPORT(batchNormTrainingGrad);

}  // namespace
}  // namespace snapfit
