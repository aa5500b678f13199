// Conversions between float32, int32 and bool.
#include <algorithm>

#include "call.h"
#include "element-wise.h"
#include "wrapped-integer.h"

namespace snapfit {
namespace {

constexpr int64_t kBlock = 1024;

/** Towards zero. The vector instruction knows no numbers beyond int32: blocks that hold some are done one by one. */
void toIntegers(const float* x, int32_t* y, int64_t begin, int64_t end) {
  for (int64_t from = begin; from < end; from += kBlock) {
    const int64_t to = std::min(from + kBlock, end);
    int isWithin = 1;
#pragma omp simd reduction(& : isWithin)
    for (int64_t i = from; i < to; i++) isWithin &= std::fabs(x[i]) < 2147483648.0f;
    if (isWithin) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) y[i] = static_cast<int32_t>(x[i]);
    } else {
      for (int64_t i = from; i < to; i++) y[i] = wrappedInteger(x[i]);
    }
  }
}

template <class T, class To>
void widen(const Span<T>& x, const Span<To>& y) {
  mapElements(x.data, y.data, static_cast<int64_t>(x.length), kLightGrain, [](T v) { return static_cast<To>(v); });
}

template <class T>
void toBool(const Span<T>& x, const Bytes& y) {
  mapElements(x.data, y.data, static_cast<int64_t>(x.length), kLightGrain, [](T v) { return static_cast<uint8_t>(v != 0); });
}

/** cast(x, y): by the types of the arrays, Float32Array, Int32Array and Uint8Array for bool. */
void cast(Call& call) {
  const auto from = call.typeOf(0), to = call.typeOf(1);
  if (from == napi_float32_array && to == napi_int32_array) {
    const Floats x = call.floats(0);
    const Ints y = call.ints(1, x.length);
    return parallelFor(static_cast<int64_t>(x.length), kLightGrain, [&](int64_t begin, int64_t end) { toIntegers(x.data, y.data, begin, end); });
  }
  if (from == napi_float32_array) return toBool(call.floats(0), call.bytes(1, call.floats(0).length));
  if (from == napi_int32_array) {
    const Ints x = call.ints(0);
    return to == napi_float32_array ? widen(x, call.floats(1, x.length)) : toBool(x, call.bytes(1, x.length));
  }
  const Bytes x = call.bytes(0);
  return to == napi_float32_array ? widen(x, call.floats(1, x.length)) : widen(x, call.ints(1, x.length));
}
SNAPFIT_EXPORT(cast);

}  // namespace
}  // namespace snapfit
