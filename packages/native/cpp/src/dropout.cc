// Dropout whose mask is made again from its seed wherever it is needed: its gradient is the same kernel on the gradient.
#include <algorithm>

#include "call.h"
#include "threads.h"
#include "threefry.h"

namespace snapfit {
namespace {

/** dropout(x, y, [key0, key1, threshold], scale, first): element i takes the mask of element first + i; y = x times `scale` where the mask keeps it, x times 0 where it does not (NaN stays NaN). */
void dropout(Call& call) {
  const Ints p = call.ints(2, 3);
  const Floats x = call.floats(0), y = call.floats(1, x.length);
  const DropoutMask mask{{static_cast<uint32_t>(p[0]), static_cast<uint32_t>(p[1])}, p[2], static_cast<float>(call.number(3))};
  const auto first = static_cast<uint64_t>(call.number(4));
  parallelFor(static_cast<int64_t>(x.length), 1 << 14, [&](int64_t begin, int64_t end) {
    constexpr int64_t kPart = 1024;
    alignas(64) float factors[kPart];
    for (int64_t start = begin; start < end; start += kPart) {
      const int64_t count = std::min(kPart, end - start);
      fillFactors(mask, first + static_cast<uint64_t>(start), count, factors);
      const float* from = x.data + start;
      float* to = y.data + start;
#pragma omp simd
      for (int64_t i = 0; i < count; i++) to[i] = from[i] * factors[i];
    }
  });
}
SNAPFIT_EXPORT(dropout);

}  // namespace
}  // namespace snapfit
