// Comparisons and logic of two tensors, broadcast against each other, to bool.
#include "broadcast.h"
#include "call.h"

namespace snapfit {
namespace {

/** Numbered as in TypeScript. */
enum class Comparison { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual, kLogicalAnd, kLogicalOr };

template <class T>
void compareAs(const Span<T>& a, const Span<T>& b, const Bytes& truth, Comparison comparison, const BroadcastShape& shape) {
  const auto map = [&](auto f) {
    mapBroadcast(a.data, b.data, truth.data, shape, kLightGrain, [f](T x, T y) { return static_cast<uint8_t>(f(x, y)); });
  };
  switch (comparison) {
    case Comparison::kEqual: return map([](T x, T y) { return x == y; });
    case Comparison::kNotEqual: return map([](T x, T y) { return x != y; });
    case Comparison::kGreater: return map([](T x, T y) { return x > y; });
    case Comparison::kGreaterEqual: return map([](T x, T y) { return x >= y; });
    case Comparison::kLess: return map([](T x, T y) { return x < y; });
    case Comparison::kLessEqual: return map([](T x, T y) { return x <= y; });
    case Comparison::kLogicalAnd: return map([](T x, T y) { return (x != 0) & (y != 0); });
    case Comparison::kLogicalOr: return map([](T x, T y) { return (x != 0) | (y != 0); });
  }
  throw CallError("internal: unknown comparison.");
}

/** compare(a, b, truth: Uint8Array, comparison, geometry): a and b both float32, int32 or bool. */
void compare(Call& call) {
  const BroadcastShape shape(call.ints(4, 4));
  const Bytes truth = call.bytes(2, shape.size);
  const auto comparison = static_cast<Comparison>(call.integer(3));
  switch (call.typeOf(0)) {
    case napi_float32_array: return compareAs(call.floats(0, shape.leastA), call.floats(1, shape.leastB), truth, comparison, shape);
    case napi_int32_array: return compareAs(call.ints(0, shape.leastA), call.ints(1, shape.leastB), truth, comparison, shape);
    default: return compareAs(call.bytes(0, shape.leastA), call.bytes(1, shape.leastB), truth, comparison, shape);
  }
}
SNAPFIT_EXPORT(compare);

}  // namespace
}  // namespace snapfit
