// Functions of two tensors that are broadcast against each other: any strides outside, three kinds of inner loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include "call.h"
#include "element-wise.h"

namespace snapfit {

/** Dims of the result, outermost first, with the steps of both operands: 0 where one is repeated. Neighbours that could be one dim are one. */
struct BroadcastShape {
  static constexpr int kMaxRank = 8;
  int rank;
  int64_t dims[kMaxRank], stepsA[kMaxRank], stepsB[kMaxRank];
  int64_t size = 1, leastA = 1, leastB = 1;

  /** From `[rank, dims..., steps of a..., steps of b...]`, rank >= 1. */
  explicit BroadcastShape(const Ints& geometry) : rank(geometry[0]) {
    if (rank < 1 || rank > kMaxRank || geometry.length < static_cast<size_t>(1 + 3 * rank)) throw CallError("internal: broadcast geometry of a wrong rank.");
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = geometry[1 + axis];
      stepsA[axis] = geometry[1 + rank + axis];
      stepsB[axis] = geometry[1 + 2 * rank + axis];
      size *= dims[axis];
      leastA += (dims[axis] - 1) * stepsA[axis];
      leastB += (dims[axis] - 1) * stepsB[axis];
    }
    if (size == 0) leastA = leastB = 0;
  }
};

/** One stretch along the inner dim; steps are 0 or 1. */
template <class A, class B, class Result, class Function>
inline void broadcastRow(const A* a, int64_t stepA, const B* b, int64_t stepB, Result* result, int64_t count, Function f) {
  if (stepA == 0 && stepB == 0) {
    std::fill(result, result + count, static_cast<Result>(f(*a, *b)));
  } else if (stepA == stepB) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) result[i] = f(a[i], b[i]);
  } else if (stepB == 0) {
    const B right = *b;
#pragma omp simd
    for (int64_t i = 0; i < count; i++) result[i] = f(a[i], right);
  } else {
    const A left = *a;
#pragma omp simd
    for (int64_t i = 0; i < count; i++) result[i] = f(left, b[i]);
  }
}

/** Elements `begin` to `end` of the result. */
template <class A, class B, class Result, class Function>
void broadcastPart(const A* a, const B* b, Result* result, const BroadcastShape& shape, int64_t begin, int64_t end, Function f) {
  const int inner = shape.rank - 1;
  const int64_t length = shape.dims[inner], stepA = shape.stepsA[inner], stepB = shape.stepsB[inner];
  int64_t index[BroadcastShape::kMaxRank] = {};
  int64_t column = begin % length;
  for (int64_t axis = inner - 1, rest = begin / length; axis >= 0; rest /= shape.dims[axis--]) {
    index[axis] = rest % shape.dims[axis];
    a += index[axis] * shape.stepsA[axis];
    b += index[axis] * shape.stepsB[axis];
  }
  while (begin < end) {
    const int64_t count = std::min(length - column, end - begin);
    broadcastRow(a + column * stepA, stepA, b + column * stepB, stepB, result + begin, count, f);
    begin += count;
    column = 0;
    for (int axis = inner - 1; axis >= 0; axis--) {
      a += shape.stepsA[axis];
      b += shape.stepsB[axis];
      if (++index[axis] < shape.dims[axis]) break;
      index[axis] = 0;
      a -= shape.dims[axis] * shape.stepsA[axis];
      b -= shape.dims[axis] * shape.stepsB[axis];
    }
  }
}

/** Rows shorter than this are repeated until they fill vectors. */
constexpr int64_t kShortRow = 32;
constexpr int64_t kTile = 512;

/** [rows, columns] with [columns], few columns: the row is written out many times first, so that the loops are long. */
template <class A, class B, class Result, class Function>
void broadcastShortRow(const A* full, const B* row, Result* result, int64_t size, int64_t columns, int64_t grain, Function f) {
  B tile[kTile];
  const int64_t period = kTile / columns * columns;
  for (int64_t i = 0; i < period; i++) tile[i] = row[i % columns];
  const B* repeated = tile;
  parallelFor((size + period - 1) / period, std::max<int64_t>(1, grain / period), [=](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      const int64_t from = block * period, count = std::min(period, size - from);
      broadcastRow(full + from, 1, repeated, 1, result + from, count, f);
    }
  });
}

/** result = f(a, b) */
template <class A, class B, class Result, class Function>
void mapBroadcast(const A* a, const B* b, Result* result, const BroadcastShape& shape, int64_t grain, Function f) {
  if (shape.rank == 2 && shape.dims[1] < kShortRow && shape.size >= 2 * kTile) {
    const bool isFullA = shape.stepsA[0] == shape.dims[1] && shape.stepsA[1] == 1, isFullB = shape.stepsB[0] == shape.dims[1] && shape.stepsB[1] == 1;
    if (isFullA && shape.stepsB[0] == 0) return broadcastShortRow(a, b, result, shape.size, shape.dims[1], grain, f);
    if (isFullB && shape.stepsA[0] == 0) return broadcastShortRow(b, a, result, shape.size, shape.dims[1], grain, [f](B right, A left) { return f(left, right); });
  }
  const BroadcastShape* whole = &shape;
  parallelFor(shape.size, grain, [=](int64_t begin, int64_t end) { broadcastPart(a, b, result, *whole, begin, end, f); });
}

}  // namespace snapfit
