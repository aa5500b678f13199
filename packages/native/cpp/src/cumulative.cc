// Running sums and products along one axis.
#include "elements.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Columns that one thread carries along at once: neighbours in memory. */
constexpr int64_t kStrip = 64;

/** One strip of up to kStrip columns, `step` elements from one row to the next; step < 0 goes from the end. */
template <class T, class Operation>
void runStrip(const T* from, T* to, int64_t count, int64_t step, int64_t width, bool isExclusive, T start, const Operation& operation) {
  T carried[kStrip];
  std::fill_n(carried, width, start);
  for (int64_t i = 0; i < count; i++, from += step, to += step) {
    for (int64_t column = 0; column < width; column++) {
      const T next = operation(carried[column], from[column]);
      to[column] = isExclusive ? carried[column] : next;
      carried[column] = next;
    }
  }
}

template <class T, class Operation>
void run(const T* from, T* to, const Ints& p, T start, const Operation& operation) {
  const int64_t outer = p[0], count = p[1], inner = p[2];
  const bool isExclusive = p[3] != 0, isReverse = p[4] != 0;
  const int64_t strips = (inner + kStrip - 1) / kStrip;
  const int64_t step = isReverse ? -inner : inner;
  parallelFor(outer * strips, moveGrain(count * std::min(inner, kStrip)), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t column = item % strips * kStrip;
      const int64_t offset = item / strips * count * inner + column + (isReverse ? (count - 1) * inner : 0);
      const int64_t width = std::min(kStrip, inner - column);
      if (width == 1) runStrip(from + offset, to + offset, count, step, 1, isExclusive, start, operation);
      else runStrip(from + offset, to + offset, count, step, width, isExclusive, start, operation);
    }
  });
}

template <class T>
void runEither(const T* from, T* to, const Ints& p) {
  if (p[5] != 0) run(from, to, p, T{1}, [](T a, T b) { return a * b; });
  else run(from, to, p, T{0}, [](T a, T b) { return a + b; });
}

/** cumulative(x, to, [outer, count, inner, isExclusive, isReverse, isProduct]): float32 or int32, along the middle of three axes. */
void cumulative(Call& call) {
  const Ints p = call.ints(2, 6);
  const size_t length = static_cast<size_t>(p[0]) * p[1] * p[2];
  if (length == 0) return;
  if (call.typeOf(0) == napi_int32_array) {
    // Unsigned, so that it wraps around without undefined behaviour.
    runEither(reinterpret_cast<const uint32_t*>(call.ints(0, length).data), reinterpret_cast<uint32_t*>(call.ints(1, length).data), p);
  } else {
    runEither<float>(call.floats(0, length).data, call.floats(1, length).data, p);
  }
}
SNAPFIT_EXPORT(cumulative);

}  // namespace
}  // namespace snapfit
