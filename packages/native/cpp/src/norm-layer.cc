// Layer normalisation over the last axis.
#include <cmath>

#include "call.h"
#include "norm-sums.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Elements that are worth a thread. */
constexpr int64_t kGrain = 16384;
/** Rows whose gradients of gamma and beta are summed together. */
constexpr int64_t kBlockRows = 64;

struct Moments {
  float mean;
  /** 1 / sqrt(variance + epsilon) */
  float rate;
};

Moments momentsOf(const float* x, int64_t columns, double epsilon) {
  // Differences to some value of the row: no digits are lost to a mean that is large beside the deviation.
  const float pilot = x[0];
  const float mean = static_cast<float>(pilot + sumOf(columns, [=](int64_t i) { return x[i] - pilot; }) / columns);
  const double variance = sumOf(columns, [=](int64_t i) { return (x[i] - mean) * (x[i] - mean); }) / columns;
  return {mean, static_cast<float>(1 / std::sqrt(variance + epsilon))};
}

/** layerNorm(x, gamma, beta, y, [rows, columns], epsilon) */
void layerNorm(Call& call) {
  const Ints p = call.ints(4, 2);
  const int64_t rows = p[0], columns = p[1];
  const Floats x = call.floats(0, rows * columns), gamma = call.floats(1, columns), beta = call.floats(2, columns);
  const Floats y = call.floats(3, rows * columns);
  const double epsilon = call.number(5);
  parallelFor(rows, kGrain / columns + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* from = x.data + row * columns;
      float* to = y.data + row * columns;
      const Moments moments = momentsOf(from, columns, epsilon);
#pragma omp simd
      for (int64_t c = 0; c < columns; c++) to[c] = (from[c] - moments.mean) * moments.rate * gamma[c] + beta[c];
    }
  });
}
SNAPFIT_EXPORT(layerNorm);

/**
 * With n = (x - mean) rate and g = dy gamma: dx = rate (g - mean(g) - n mean(g n)).
 * The moments are computed anew: a row is in the cache, and nothing but x has to be kept.
 */
void rowGradient(const float* dy, const float* x, const float* gamma, double epsilon, int64_t columns, float* dx, float* dGamma, float* dBeta) {
  const Moments moments = momentsOf(x, columns, epsilon);
  const auto normal = [=](int64_t c) { return (x[c] - moments.mean) * moments.rate; };
  const float mean = static_cast<float>(sumOf(columns, [=](int64_t c) { return dy[c] * gamma[c]; }) / columns);
  const float slope = static_cast<float>(sumOf(columns, [=](int64_t c) { return dy[c] * gamma[c] * normal(c); }) / columns);
#pragma omp simd
  for (int64_t c = 0; c < columns; c++) {
    const float n = normal(c), g = dy[c];
    dGamma[c] += g * n;
    dBeta[c] += g;
    dx[c] = moments.rate * (g * gamma[c] - mean - n * slope);
  }
}

/** layerNormGrad(dy, x, gamma, dx, dGamma, dBeta, [rows, columns], epsilon) */
void layerNormGrad(Call& call) {
  const Ints p = call.ints(6, 2);
  const int64_t rows = p[0], columns = p[1];
  const Floats dy = call.floats(0, rows * columns), x = call.floats(1, rows * columns), dx = call.floats(3, rows * columns);
  const Floats gamma = call.floats(2, columns), dGamma = call.floats(4, columns), dBeta = call.floats(5, columns);
  const double epsilon = call.number(7);
  const int64_t numBlocks = (rows + kBlockRows - 1) / kBlockRows;
  float* partials = scratch(kNormPartials, 2 * numBlocks * columns);
  parallelFor(numBlocks, kGrain / (columns * kBlockRows) + 1, [=](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      float* blockGamma = partials + block * columns;
      float* blockBeta = partials + (numBlocks + block) * columns;
      std::fill(blockGamma, blockGamma + columns, 0.0f);
      std::fill(blockBeta, blockBeta + columns, 0.0f);
      const int64_t last = std::min(rows, (block + 1) * kBlockRows);
      for (int64_t row = block * kBlockRows; row < last; row++) {
        const int64_t at = row * columns;
        rowGradient(dy.data + at, x.data + at, gamma.data, epsilon, columns, dx.data + at, blockGamma, blockBeta);
      }
    }
  });
  sumBlocks(partials, numBlocks, columns, dGamma.data);
  sumBlocks(partials + numBlocks * columns, numBlocks, columns, dBeta.data);
}
SNAPFIT_EXPORT(layerNormGrad);

}  // namespace
}  // namespace snapfit
