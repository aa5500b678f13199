// Dropout whose mask is made again from its seed wherever it is needed: its gradient is the same kernel on the gradient.
#include <algorithm>

#include "bf16.h"
#include "call.h"
#include "threads.h"
#include "threefry.h"

namespace snapfit {
namespace {

template <class T>
void drop(const T* x, T* y, int64_t length, const DropoutMask& mask, uint64_t first) {
  parallelFor(length, 1 << 14, [&](int64_t begin, int64_t end) {
    constexpr int64_t kPart = 1024;
    alignas(64) float factors[kPart];
    for (int64_t start = begin; start < end; start += kPart) {
      const int64_t count = std::min(kPart, end - start);
      fillFactors(mask, first + static_cast<uint64_t>(start), count, factors);
      const T* from = x + start;
      T* to = y + start;
#pragma omp simd
      for (int64_t i = 0; i < count; i++) to[i] = from[i] * factors[i];
    }
  });
}

/**
 * dropout(x, y, [key0, key1, threshold], scale, first): element i takes the mask of element first + i; y = x times `scale` where the mask keeps it, x
 * times 0 where it does not (NaN stays NaN). x and y are float32 or bfloat16.
 */
void dropout(Call& call) {
  const Ints p = call.ints(2, 3);
  const DropoutMask mask{{static_cast<uint32_t>(p[0]), static_cast<uint32_t>(p[1])}, p[2], static_cast<float>(call.number(3))};
  const auto first = static_cast<uint64_t>(call.number(4));
  const size_t length = call.lengthOf(1);
  withElements(call, 0, length, [&](auto* x) {
    drop(x, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 1, length), static_cast<int64_t>(length), mask, first);
  });
}
SNAPFIT_EXPORT(dropout);

}  // namespace
}  // namespace snapfit
