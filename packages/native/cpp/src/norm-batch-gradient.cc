// The gradient of batch normalisation in training.
#include "call.h"
#include "norm-sums.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** dBeta = sum dy, and sum dy (x - mean) in `products`, by channel. */
void sums(const float* dy, const float* x, const float* mean, int64_t rows, int64_t channels, float* dBeta, float* products) {
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

/**
 * batchNormTrainingGrad(dy, x, statistics, gamma, dx, dGamma, dBeta, [rows, channels]), statistics [mean, rate].
 * With n = (x - mean) rate: dx = gamma rate (dy - mean(dy) - n mean(dy n)), dGamma = sum dy n, dBeta = sum dy.
 */
void batchNormTrainingGrad(Call& call) {
  const Ints p = call.ints(7, 2);
  const int64_t rows = p[0], channels = p[1];
  const Floats dy = call.floats(0, rows * channels), x = call.floats(1, rows * channels), statistics = call.floats(2, 2 * channels);
  const Floats gamma = call.floats(3, channels), dx = call.floats(4, rows * channels), dGamma = call.floats(5, channels), dBeta = call.floats(6, channels);
  const float* mean = statistics.data;
  const float* rate = statistics.data + channels;
  float* scale = scratch(kNormColumns, 3 * channels);
  float* slope = scale + channels;
  float* level = slope + channels;
  sums(dy.data, x.data, mean, rows, channels, dBeta.data, dGamma.data);
  for (int64_t c = 0; c < channels; c++) {
    scale[c] = gamma[c] * rate[c];
    slope[c] = dGamma[c] * rate[c] * rate[c] / static_cast<float>(rows);
    level[c] = dBeta[c] / static_cast<float>(rows);
    dGamma[c] *= rate[c];
  }
  parallelFor(rows, 32768 / channels + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* fromDy = dy.data + row * channels;
      const float* fromX = x.data + row * channels;
      float* to = dx.data + row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) to[c] = scale[c] * (fromDy[c] - level[c] - (fromX[c] - mean[c]) * slope[c]);
    }
  });
}
SNAPFIT_EXPORT(batchNormTrainingGrad);

}  // namespace
}  // namespace snapfit
