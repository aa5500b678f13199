// Softmax cross-entropy of class indices, one loss a row.
#include <cmath>

#include "call.h"
#include "norm-sums.h"
#include "threads.h"
#include "vector-math.h"

namespace snapfit {
namespace {

constexpr int64_t kGrain = 8192;

/** A row whose label is no class has the loss 0; the caller has made sure that only rows to ignore have such labels. */
bool isClass(int32_t label, int64_t classes) { return label >= 0 && label < classes; }

/**
 * crossEntropy(logits, labels, losses, statistics, [rows, classes], smoothing): statistics are [largest logit, sum e^(z - largest)] by row.
 * With l = log sum e^z, loss = (1 - smoothing) (l - z_label) + smoothing (l - mean(z)).
 */
void crossEntropy(Call& call) {
  const Ints p = call.ints(4, 2);
  const int64_t rows = p[0], classes = p[1];
  const Floats logits = call.floats(0, rows * classes), losses = call.floats(2, rows), statistics = call.floats(3, 2 * rows);
  const Ints labels = call.ints(1, rows);
  const double smoothing = call.number(5);
  parallelFor(rows, kGrain / classes + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* z = logits.data + row * classes;
      const float largest = largestOf(z, classes);
      const double sum = sumOf(classes, [=](int64_t i) { return fastExp(z[i] - largest); });
      statistics[row] = largest;
      statistics[rows + row] = static_cast<float>(sum);
      if (!isClass(labels[row], classes)) {
        losses[row] = 0;
        continue;
      }
      // Differences to the largest logit first: no digits are lost to large logits.
      const double logarithm = std::log(sum);
      double loss = logarithm - static_cast<double>(z[labels[row]] - largest);
      if (smoothing != 0) {
        const double mean = sumOf(classes, [=](int64_t i) { return z[i] - largest; }) / classes;
        loss = (1 - smoothing) * loss + smoothing * (logarithm - mean);
      }
      losses[row] = static_cast<float>(loss);
    }
  });
}
SNAPFIT_EXPORT(crossEntropy);

/**
 * crossEntropyGrad(dy, logits, labels, statistics, dLogits, [rows, classes], smoothing):
 * dz = dy (softmax(z) - smoothing / classes - (1 - smoothing) [is the label])
 */
void crossEntropyGrad(Call& call) {
  const Ints p = call.ints(5, 2);
  const int64_t rows = p[0], classes = p[1];
  const Floats dy = call.floats(0, rows), logits = call.floats(1, rows * classes), statistics = call.floats(3, 2 * rows);
  const Ints labels = call.ints(2, rows);
  const Floats dLogits = call.floats(4, rows * classes);
  const float smoothing = static_cast<float>(call.number(6));
  const float level = smoothing / static_cast<float>(classes);
  parallelFor(rows, kGrain / classes + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* z = logits.data + row * classes;
      float* dz = dLogits.data + row * classes;
      if (!isClass(labels[row], classes)) {
        std::fill(dz, dz + classes, 0.0f);
        continue;
      }
      const float largest = statistics[row], scale = 1 / statistics[rows + row], g = dy[row];
#pragma omp simd
      for (int64_t i = 0; i < classes; i++) dz[i] = g * (fastExp(z[i] - largest) * scale - level);
      const int32_t label = labels[row];
      dz[label] = g * ((fastExp(z[label] - largest) * scale - 1) + (smoothing - level));
    }
  });
}
SNAPFIT_EXPORT(crossEntropyGrad);

}  // namespace
}  // namespace snapfit
