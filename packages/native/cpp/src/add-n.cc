// The sum of many tensors of one shape.
#include <cstring>

#include "call.h"
#include "element-wise.h"

namespace snapfit {
namespace {

/** addN([a, b, ...], sum): float32 tensors of one shape, at least one. */
void addN(Call& call) {
  const std::vector<Floats> terms = call.listOfFloats(0);
  const Floats sum = call.floats(1);
  for (const Floats& term : terms) {
    if (term.length != sum.length) throw CallError("internal: terms of a sum differ in length.");
  }
  if (terms.empty()) throw CallError("internal: a sum of no terms.");
  parallelFor(static_cast<int64_t>(sum.length), kLightGrain, [&](int64_t begin, int64_t end) {
    // Blocks that stay in the nearest cache while all terms are added.
    for (int64_t from = begin; from < end; from += 4096) {
      const int64_t to = from + 4096 < end ? from + 4096 : end;
      std::memcpy(sum.data + from, terms[0].data + from, (to - from) * sizeof(float));
      for (size_t term = 1; term < terms.size(); term++) {
        const float* added = terms[term].data;
        float* total = sum.data;
#pragma omp simd
        for (int64_t i = from; i < to; i++) total[i] += added[i];
      }
    }
  });
}
SNAPFIT_EXPORT(addN);

}  // namespace
}  // namespace snapfit
