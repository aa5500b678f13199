// Softmax and its logarithm over the last axis, and their gradients.
#include <cmath>

#include "call.h"
#include "exp-negative.h"
#include "norm-sums.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Calls body(row offset) for each row, in parallel. */
template <class Body>
void eachRow(int64_t rows, int64_t columns, const Body& body) {
  parallelFor(rows, 8192 / columns + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) body(row * columns);
  });
}

/** softmax(x, y, [rows, columns]) */
void softmax(Call& call) {
  const Ints p = call.ints(2, 2);
  const int64_t rows = p[0], columns = p[1];
  const Floats x = call.floats(0, rows * columns), y = call.floats(1, rows * columns);
  eachRow(rows, columns, [=](int64_t at) {
    const float* from = x.data + at;
    float* to = y.data + at;
    const float largest = largestOf(from, columns);
    const float sum = static_cast<float>(sumOf(columns, [=](int64_t i) { return to[i] = expOfNegative(from[i] - largest); }));
    const float scale = 1 / sum;
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) to[i] *= scale;
  });
}
SNAPFIT_EXPORT(softmax);

/** softmaxGrad(dy, y, dx, [rows, columns]): dx = y (dy - sum(dy y)) */
void softmaxGrad(Call& call) {
  const Ints p = call.ints(3, 2);
  const int64_t rows = p[0], columns = p[1];
  const Floats dy = call.floats(0, rows * columns), y = call.floats(1, rows * columns), dx = call.floats(2, rows * columns);
  eachRow(rows, columns, [=](int64_t at) {
    const float *g = dy.data + at, *value = y.data + at;
    float* to = dx.data + at;
    const float sum = static_cast<float>(sumOf(columns, [=](int64_t i) { return g[i] * value[i]; }));
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) to[i] = value[i] * (g[i] - sum);
  });
}
SNAPFIT_EXPORT(softmaxGrad);

/** logSoftmax(x, y, [rows, columns]): y = (x - max) - log sum e^(x - max) */
void logSoftmax(Call& call) {
  const Ints p = call.ints(2, 2);
  const int64_t rows = p[0], columns = p[1];
  const Floats x = call.floats(0, rows * columns), y = call.floats(1, rows * columns);
  eachRow(rows, columns, [=](int64_t at) {
    const float* from = x.data + at;
    float* to = y.data + at;
    const float largest = largestOf(from, columns);
    const float logarithm = static_cast<float>(std::log(sumOf(columns, [=](int64_t i) { return expOfNegative(from[i] - largest); })));
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - largest) - logarithm;
  });
}
SNAPFIT_EXPORT(logSoftmax);

/** logSoftmaxGrad(dy, y, dx, [rows, columns]): dx = dy - e^y sum(dy) */
void logSoftmaxGrad(Call& call) {
  const Ints p = call.ints(3, 2);
  const int64_t rows = p[0], columns = p[1];
  const Floats dy = call.floats(0, rows * columns), y = call.floats(1, rows * columns), dx = call.floats(2, rows * columns);
  eachRow(rows, columns, [=](int64_t at) {
    const float *g = dy.data + at, *value = y.data + at;
    float* to = dx.data + at;
    const float sum = static_cast<float>(sumOf(columns, [=](int64_t i) { return g[i]; }));
#pragma omp simd
    for (int64_t i = 0; i < columns; i++) to[i] = g[i] - expOfNegative(value[i]) * sum;
  });
}
SNAPFIT_EXPORT(logSoftmaxGrad);

}  // namespace
}  // namespace snapfit
