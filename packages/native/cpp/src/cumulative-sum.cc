// Running sums along a dim, in double.
#include <algorithm>

#include "call.h"
#include "element-wise.h"

namespace snapfit {
namespace {

constexpr int64_t kWidth = 128;

/** cumulativeSum(x, y, [outer, count, inner, isExclusive, isReverse]): float32 */
void cumulativeSum(Call& call) {
  const Ints p = call.ints(2, 5);
  const int64_t outer = p[0], count = p[1], inner = p[2];
  const bool isExclusive = p[3] != 0, isReverse = p[4] != 0;
  const Floats x = call.floats(0, outer * count * inner), y = call.floats(1, outer * count * inner);
  const int64_t widths = (inner + kWidth - 1) / kWidth;
  parallelFor(outer * widths, kHeavyGrain / std::max<int64_t>(1, count * std::min(inner, kWidth)) + 1, [=](int64_t begin, int64_t end) {
    double sums[kWidth];
    for (int64_t task = begin; task < end; task++) {
      const int64_t left = task % widths * kWidth, width = std::min(kWidth, inner - left);
      std::fill(sums, sums + width, 0.0);
      for (int64_t i = 0; i < count; i++) {
        const int64_t at = (task / widths * count + (isReverse ? count - 1 - i : i)) * inner + left;
        const float* from = x.data + at;
        float* to = y.data + at;
#pragma omp simd
        for (int64_t c = 0; c < width; c++) {
          const double sum = sums[c] + from[c];
          to[c] = static_cast<float>(isExclusive ? sums[c] : sum);
          sums[c] = sum;
        }
      }
    }
  });
}
SNAPFIT_EXPORT(cumulativeSum);

}  // namespace
}  // namespace snapfit
