// A choice between two tensors by a condition.
#include <cstring>

#include "call.h"
#include "element-wise.h"

namespace snapfit {
namespace {

template <class T>
void choose(const Bytes& condition, const Span<T>& yes, const Span<T>& no, const Span<T>& result, int64_t rowLength) {
  const auto count = static_cast<int64_t>(condition.length);
  const uint8_t* isYes = condition.data;
  const T *left = yes.data, *right = no.data;
  T* to = result.data;
  if (rowLength == 1) {
    return parallelFor(count, kLightGrain, [=](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) to[i] = isYes[i] != 0 ? left[i] : right[i];
    });
  }
  parallelFor(count, kLightGrain / (rowLength + 1) + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      std::memcpy(to + row * rowLength, (isYes[row] != 0 ? left : right) + row * rowLength, rowLength * sizeof(T));
    }
  });
}

/** select(condition: Uint8Array, yes, no, result): all float32 or all int32; the condition is for elements, or for rows where it is shorter. */
void select(Call& call) {
  const Bytes condition = call.bytes(0);
  const auto pick = [&](const auto& yes, const auto& no, const auto& result) {
    if (condition.length == 0) return;
    choose(condition, yes, no, result, static_cast<int64_t>(result.length / condition.length));
  };
  if (call.typeOf(3) == napi_float32_array) {
    const Floats result = call.floats(3, condition.length);
    pick(call.floats(1, result.length), call.floats(2, result.length), result);
  } else {
    const Ints result = call.ints(3, condition.length);
    pick(call.ints(1, result.length), call.ints(2, result.length), result);
  }
}
SNAPFIT_EXPORT(select);

}  // namespace
}  // namespace snapfit
