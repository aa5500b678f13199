// Where along a dim the greatest or the least element is: the first of equals; NaN only where it comes first.
#include <algorithm>

#include "call.h"
#include "element-wise.h"

namespace snapfit {
namespace {

constexpr int64_t kWidth = 256;

template <class T, class IsBetter>
void findRows(const T* x, int32_t* indices, int64_t outer, int64_t count, IsBetter isBetter) {
  parallelFor(outer, kHeavyGrain / count + 1, [=](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      const T* row = x + o * count;
      int64_t best = 0;
      for (int64_t i = 1; i < count; i++) {
        if (isBetter(row[i], row[best])) best = i;
      }
      indices[o] = static_cast<int32_t>(best);
    }
  });
}

template <class T, class IsBetter>
void findColumns(const T* x, int32_t* indices, int64_t outer, int64_t count, int64_t inner, IsBetter isBetter) {
  const int64_t widths = (inner + kWidth - 1) / kWidth;
  parallelFor(outer * widths, kLightGrain / (count * std::min(inner, kWidth)) + 1, [=](int64_t begin, int64_t end) {
    T best[kWidth];
    for (int64_t task = begin; task < end; task++) {
      const int64_t left = task % widths * kWidth, width = std::min(kWidth, inner - left);
      const T* start = x + task / widths * count * inner + left;
      int32_t* found = indices + task / widths * inner + left;
      std::copy(start, start + width, best);
      std::fill(found, found + width, 0);
      for (int64_t i = 1; i < count; i++) {
        const T* row = start + i * inner;
#pragma omp simd
        for (int64_t c = 0; c < width; c++) {
          const bool better = isBetter(row[c], best[c]);
          found[c] = better ? static_cast<int32_t>(i) : found[c];
          best[c] = better ? row[c] : best[c];
        }
      }
    }
  });
}

template <class T>
void find(const Span<T>& x, const Ints& indices, const Ints& sizes, bool isGreatest) {
  const auto locate = [&](auto isBetter) {
    if (sizes[2] == 1) findRows(x.data, indices.data, sizes[0], sizes[1], isBetter);
    else findColumns(x.data, indices.data, sizes[0], sizes[1], sizes[2], isBetter);
  };
  if (isGreatest) locate([](T a, T b) { return a > b; });
  else locate([](T a, T b) { return a < b; });
}

/** argExtreme(x, indices: Int32Array, [outer, count, inner], isGreatest): float32 or int32 */
void argExtreme(Call& call) {
  const Ints sizes = call.ints(2, 3);
  const auto all = static_cast<size_t>(sizes[0]) * sizes[1] * sizes[2];
  const Ints indices = call.ints(1, static_cast<size_t>(sizes[0]) * sizes[2]);
  if (call.typeOf(0) == napi_float32_array) find(call.floats(0, all), indices, sizes, call.flag(3));
  else find(call.ints(0, all), indices, sizes, call.flag(3));
}
SNAPFIT_EXPORT(argExtreme);

}  // namespace
}  // namespace snapfit
