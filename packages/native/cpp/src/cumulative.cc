// Running sums and products along one axis: of float32 in double, of int32 wrapping around.
#include "elements.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Columns that one thread carries along at once: neighbours in memory. */
constexpr int64_t kStrip = 64;

/** One strip of up to kStrip columns, `step` elements from one row to the next; step < 0 goes from the end. */
template <class T, class Carried, class Operation>
void runStrip(const T* from, T* to, int64_t count, int64_t step, int64_t width, bool isExclusive, Carried start, const Operation& operation) {
  Carried carried[kStrip];
  std::fill_n(carried, width, start);
  for (int64_t i = 0; i < count; i++, from += step, to += step) {
    for (int64_t column = 0; column < width; column++) {
      const Carried next = operation(carried[column], static_cast<Carried>(from[column]));
      to[column] = static_cast<T>(isExclusive ? carried[column] : next);
      carried[column] = next;
    }
  }
}

template <class T, class Carried, class Operation>
void run(const T* from, T* to, const Ints& p, Carried start, const Operation& operation) {
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

template <class Carried, class T>
void runEither(const T* from, T* to, const Ints& p) {
  if (p[5] != 0) run(from, to, p, Carried{1}, [](Carried a, Carried b) { return a * b; });
  else run(from, to, p, Carried{0}, [](Carried a, Carried b) { return a + b; });
}

/** cumulative(x, to, [outer, count, inner, isExclusive, isReverse, isProduct]): float32 or int32, along the middle of three axes. */
void cumulative(Call& call) {
  const Ints p = call.ints(2, 6);
  const size_t length = static_cast<size_t>(p[0]) * p[1] * p[2];
  if (length == 0) return;
  if (call.typeOf(0) == napi_int32_array) {
    // Unsigned, so that it wraps around without undefined behaviour.
    runEither<uint32_t>(reinterpret_cast<const uint32_t*>(call.ints(0, length).data), reinterpret_cast<uint32_t*>(call.ints(1, length).data), p);
  } else {
    runEither<double>(call.floats(0, length).data, call.floats(1, length).data, p);
  }
}
SNAPFIT_EXPORT(cumulative);

}  // namespace
}  // namespace snapfit
