// Softmax cross-entropy of class indices, one loss a row.
#include <cmath>

#include "call.h"
#include "exp-negative.h"
#include "norm-sums.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr int64_t kGrain = 8192;

/** Which rows count. The caller has made sure that every other label than the one to ignore is a class. */
struct Counted {
  int64_t classes;
  bool hasIgnored;
  int32_t ignored;
  bool operator()(int32_t label) const { return label >= 0 && label < classes && !(hasIgnored && label == ignored); }
};

Counted counted(const Call& call, size_t index, int64_t classes) {
  const bool has = call.has(index);
  return {classes, has, has ? call.integer(index) : 0};
}

/**
 * crossEntropy(logits, labels, losses, statistics, [rows, classes], smoothing, ignored | undefined): statistics are [largest logit, sum e^(z - largest)] by row.
 * With l = log sum e^z, loss = (1 - smoothing) (l - z_label) + smoothing (l - mean(z)).
 */
void crossEntropy(Call& call) {
  const Ints p = call.ints(4, 2);
  const int64_t rows = p[0], classes = p[1];
  const Floats logits = call.floats(0, rows * classes), losses = call.floats(2, rows), statistics = call.floats(3, 2 * rows);
  const Ints labels = call.ints(1, rows);
  const double smoothing = call.number(5);
  const Counted isCounted = counted(call, 6, classes);
  parallelFor(rows, kGrain / classes + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* z = logits.data + row * classes;
      const float largest = largestOf(z, classes);
      const double sum = sumOf(classes, [=](int64_t i) { return expOfNegative(z[i] - largest); });
      statistics[row] = largest;
      statistics[rows + row] = static_cast<float>(sum);
      if (!isCounted(labels[row])) {
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
 * crossEntropyGrad(dy, logits, labels, statistics, dLogits, [rows, classes], smoothing, ignored | undefined):
 * dz = dy (softmax(z) - smoothing / classes - (1 - smoothing) [is the label])
 */
void crossEntropyGrad(Call& call) {
  const Ints p = call.ints(5, 2);
  const int64_t rows = p[0], classes = p[1];
  const Floats dy = call.floats(0, rows), logits = call.floats(1, rows * classes), statistics = call.floats(3, 2 * rows);
  const Ints labels = call.ints(2, rows);
  const Floats dLogits = call.floats(4, rows * classes);
  const float smoothing = static_cast<float>(call.number(6));
  const Counted isCounted = counted(call, 7, classes);
  const float level = smoothing / static_cast<float>(classes);
  parallelFor(rows, kGrain / classes + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* z = logits.data + row * classes;
      float* dz = dLogits.data + row * classes;
      if (!isCounted(labels[row])) {
        std::fill(dz, dz + classes, 0.0f);
        continue;
      }
      const float largest = statistics[row], scale = 1 / statistics[rows + row], g = dy[row];
#pragma omp simd
      for (int64_t i = 0; i < classes; i++) dz[i] = g * (expOfNegative(z[i] - largest) * scale - level);
      const int32_t label = labels[row];
      dz[label] = g * ((expOfNegative(z[label] - largest) * scale - 1) + (smoothing - level));
    }
  });
}
SNAPFIT_EXPORT(crossEntropyGrad);

}  // namespace
}  // namespace snapfit
