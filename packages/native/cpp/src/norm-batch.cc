// Batch normalisation of [rows, channels]: with given statistics, and in training with those of the batch.
#include <cmath>

#include "bf16.h"
#include "call.h"
#include "norm-moving-average.h"
#include "norm-sums.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Rows that are summed together: about 64 KB, so that the second look at them finds them in the cache. Depends on nothing but the shape. */
int64_t blockRows(int64_t channels) { return std::max<int64_t>(16, 16384 / channels); }

/** y = (x - mean) scale + beta, by channel. */
template <class T>
void normalize(const T* x, int64_t rows, int64_t channels, const float* mean, const float* scale, const float* beta, T* y) {
  parallelFor(rows, 32768 / channels + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const T* from = x + row * channels;
      T* to = y + row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) to[c] = (from[c] - mean[c]) * scale[c] + beta[c];
    }
  });
}

/** batchNorm(x, mean, variance, gamma | undefined, beta | undefined, y, [rows, channels], epsilon): x and y float32 or bfloat16 */
void batchNorm(Call& call) {
  const Ints p = call.ints(6, 2);
  const int64_t rows = p[0], channels = p[1];
  const Floats mean = call.floats(1, channels), variance = call.floats(2, channels);
  const float* gamma = call.has(3) ? call.floats(3, channels).data : nullptr;
  const float* beta = call.has(4) ? call.floats(4, channels).data : nullptr;
  const double epsilon = call.number(7);
  float* scale = scratch(kNormColumns, 2 * channels);
  float* shift = scale + channels;
  for (int64_t c = 0; c < channels; c++) {
    scale[c] = static_cast<float>((gamma ? gamma[c] : 1.0f) / std::sqrt(variance[c] + epsilon));
    shift[c] = beta ? beta[c] : 0.0f;
  }
  withElements(call, 0, rows * channels, [&](auto* x) {
    normalize(x, rows, channels, mean.data, scale, shift, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 5, rows * channels));
  });
}
SNAPFIT_EXPORT(batchNorm);

/** Mean and variance by channel: each block in two passes, blocks merged in double (Chan, Golub, LeVeque 1979). */
template <class T>
void momentsOf(const T* x, int64_t rows, int64_t channels, float* mean, float* variance) {
  const int64_t size = blockRows(channels);
  const int64_t numBlocks = (rows + size - 1) / size;
  float* means = scratch(kNormPartials, 2 * numBlocks * channels);
  float* squares = means + numBlocks * channels;
  parallelFor(numBlocks, 2, [=](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      const int64_t first = block * size, last = std::min(rows, first + size);
      float* own = means + block * channels;
      // Differences to the first row: no digits are lost to a mean that is large beside the deviation.
      const T* pilot = x + first * channels;
      sumColumns(first, last, channels, own, [=](int64_t row, int64_t c) { return x[row * channels + c] - pilot[c]; });
      const float count = static_cast<float>(last - first);
      for (int64_t c = 0; c < channels; c++) own[c] = pilot[c] + own[c] / count;
      sumColumns(first, last, channels, squares + block * channels, [=](int64_t row, int64_t c) {
        const float difference = x[row * channels + c] - own[c];
        return difference * difference;
      });
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0;
    for (int64_t block = 0; block < numBlocks; block++) {
      const int64_t count = std::min(rows, (block + 1) * size) - block * size;
      sum += static_cast<double>(means[block * channels + c]) * count;
    }
    const double whole = sum / rows;
    double square = 0;
    for (int64_t block = 0; block < numBlocks; block++) {
      const int64_t count = std::min(rows, (block + 1) * size) - block * size;
      const double difference = means[block * channels + c] - whole;
      square += squares[block * channels + c] + difference * difference * count;
    }
    mean[c] = static_cast<float>(whole);
    variance[c] = static_cast<float>(square / rows);
  }
}

/**
 * batchNormTraining(x, gamma, beta, movingMean, movingVariance, y, statistics, movedMean, movedVariance,
 * [rows, channels], epsilon, decay): statistics are [mean, 1 / sqrt(variance + epsilon)] of the batch; x and y float32 or bfloat16.
 */
void batchNormTraining(Call& call) {
  const Ints p = call.ints(9, 2);
  const int64_t rows = p[0], channels = p[1];
  const Floats gamma = call.floats(1, channels), beta = call.floats(2, channels);
  const Floats movingMean = call.floats(3, channels), movingVariance = call.floats(4, channels);
  const Floats statistics = call.floats(6, 2 * channels);
  const Floats movedMean = call.floats(7, channels), movedVariance = call.floats(8, channels);
  const double epsilon = call.number(10);
  const float decay = static_cast<float>(call.number(11));
  float* variance = scratch(kNormColumns, 2 * channels);
  float* scale = variance + channels;
  float* rate = statistics.data + channels;
  withElements(call, 0, rows * channels, [&](auto* x) {
    auto* y = elementsLike<std::remove_pointer_t<decltype(x)>>(call, 5, rows * channels);
    momentsOf(x, rows, channels, statistics.data, variance);
    for (int64_t c = 0; c < channels; c++) {
      rate[c] = static_cast<float>(1 / std::sqrt(variance[c] + epsilon));
      scale[c] = gamma[c] * rate[c];
    }
    normalize(x, rows, channels, statistics.data, scale, beta.data, y);
  });
  movingAverage(movingMean.data, statistics.data, channels, decay, movedMean.data);
  movingAverage(movingVariance.data, variance, channels, decay, movedVariance.data);
}
SNAPFIT_EXPORT(batchNormTraining);

}  // namespace
}  // namespace snapfit
