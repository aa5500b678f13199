// Arithmetic on two tensors of one dtype, broadcast against each other.
#include "bf16.h"
#include "broadcast.h"
#include "call.h"
#include "vector-math.h"
#include "wrapped-integer.h"

namespace snapfit {
namespace {

/** Numbered as in TypeScript. */
enum class Binary { kAdd, kSub, kMultiply, kRealDiv, kMaximum, kMinimum, kSquaredDifference, kPrelu, kPow, kMod, kFloorDiv, kAtan2 };

/** As JavaScript does it: what is undefined for NaN and 1^infinity is NaN. */
float power(float base, float exponent) {
  const bool isUndefined = exponent != exponent || (std::fabs(exponent) == INFINITY && std::fabs(base) == 1.0f);
  return isUndefined ? NAN : std::pow(base, exponent);
}

double remainderOfSign(double a, double b) {
  const double rest = std::fmod(a, b);
  return (a < 0 && b < 0) || (a >= 0 && b >= 0) ? rest : std::fmod(rest + b, b);
}

/** binary(a, b, result, operation, geometry): float32; FloorDiv writes int32. */
void binary(Call& call) {
  const BroadcastShape shape(call.ints(4, 4));
  const Floats a = call.floats(0, shape.leastA), b = call.floats(1, shape.leastB);
  const auto operation = static_cast<Binary>(call.integer(3));
  if (operation == Binary::kFloorDiv) {
    const Ints result = call.ints(2, shape.size);
    return mapBroadcast(a.data, b.data, result.data, shape, kHeavyGrain, [](float x, float y) { return wrappedInteger(std::floor(static_cast<double>(x) / y)); });
  }
  const Floats result = call.floats(2, shape.size);
  const auto map = [&](auto f) { mapBroadcast(a.data, b.data, result.data, shape, kLightGrain, f); };
  const auto heavy = [&](auto f) { mapBroadcast(a.data, b.data, result.data, shape, kHeavyGrain, f); };
  switch (operation) {
    case Binary::kAdd: return map([](float x, float y) { return x + y; });
    case Binary::kSub: return map([](float x, float y) { return x - y; });
    case Binary::kMultiply: return map([](float x, float y) { return x * y; });
    case Binary::kRealDiv: return map([](float x, float y) { return x / y; });
    // Equal numbers differ in bits only where they are zeros of both signs: the maximum is +0, the minimum -0. NaN wins.
    case Binary::kMaximum:
      return map([](float x, float y) { return x == y ? floatOf(bitsOf(x) & bitsOf(y)) : (x > y || x != x ? x : y); });
    case Binary::kMinimum:
      return map([](float x, float y) { return x == y ? floatOf(bitsOf(x) | bitsOf(y)) : (x < y || x != x ? x : y); });
    case Binary::kSquaredDifference: return map([](float x, float y) { return (x - y) * (x - y); });
    case Binary::kPrelu: return map([](float x, float slope) { return x < 0.0f ? slope * x : x; });
    case Binary::kPow: break;
    case Binary::kMod: return heavy([](float x, float y) { return static_cast<float>(remainderOfSign(x, y)); });
    case Binary::kAtan2: return heavy([](float y, float x) { return std::atan2(y, x); });
    case Binary::kFloorDiv: throw CallError("internal: unknown binary operation.");
  }
  const bool isOneExponent = shape.leastB == 1;
  // Exponents that training uses, each as exact as the general way and at the speed of memory.
  if (isOneExponent && b[0] == 2.0f) return map([](float x, float) { return x * x; });
  if (isOneExponent && b[0] == 1.5f) return map([](float x, float) { return x == -INFINITY ? INFINITY : std::fabs(x) * std::sqrt(x) + 0.0f; });
  if (isOneExponent && b[0] == 0.5f) return map([](float x, float) { return x == -INFINITY ? INFINITY : std::sqrt(x) + 0.0f; });
  if (isOneExponent && b[0] == -1.0f) return map([](float x, float) { return 1.0f / x; });
  heavy([](float x, float y) { return power(x, y); });
}
SNAPFIT_EXPORT(binary);

uint32_t bits(int32_t value) { return static_cast<uint32_t>(value); }

/** binaryInts(a, b, result, operation, geometry): int32, wrapping around as an Int32Array does. */
void binaryInts(Call& call) {
  const BroadcastShape shape(call.ints(4, 4));
  const Ints a = call.ints(0, shape.leastA), b = call.ints(1, shape.leastB), result = call.ints(2, shape.size);
  const auto map = [&](auto f) { mapBroadcast(a.data, b.data, result.data, shape, kLightGrain, f); };
  switch (static_cast<Binary>(call.integer(3))) {
    case Binary::kAdd: return map([](int32_t x, int32_t y) { return static_cast<int32_t>(bits(x) + bits(y)); });
    case Binary::kSub: return map([](int32_t x, int32_t y) { return static_cast<int32_t>(bits(x) - bits(y)); });
    case Binary::kMultiply: return map([](int32_t x, int32_t y) { return static_cast<int32_t>(bits(x) * bits(y)); });
    case Binary::kMaximum: return map([](int32_t x, int32_t y) { return x > y ? x : y; });
    case Binary::kMinimum: return map([](int32_t x, int32_t y) { return x < y ? x : y; });
    case Binary::kSquaredDifference:
      return map([](int32_t x, int32_t y) { return static_cast<int32_t>((bits(x) - bits(y)) * (bits(x) - bits(y))); });
    case Binary::kMod: return map([](int32_t x, int32_t y) { return wrappedInteger(remainderOfSign(x, y)); });
    case Binary::kFloorDiv: return map([](int32_t x, int32_t y) { return wrappedInteger(std::floor(static_cast<double>(x) / y)); });
    default: throw CallError("internal: unknown binary operation of int32.");
  }
}
SNAPFIT_EXPORT(binaryInts);

/** result = a operation b, each float32 or bfloat16. */
template <class A, class B, class Result>
void mapMixed(const A* a, const B* b, Result* result, Binary operation, const BroadcastShape& shape) {
  const auto map = [&](auto f) { mapBroadcast(a, b, result, shape, kLightGrain, f); };
  switch (operation) {
    case Binary::kAdd: return map([](float x, float y) { return x + y; });
    case Binary::kSub: return map([](float x, float y) { return x - y; });
    case Binary::kMultiply: return map([](float x, float y) { return x * y; });
    case Binary::kRealDiv: return map([](float x, float y) { return x / y; });
    default: throw CallError("internal: unknown binary operation of bfloat16.");
  }
}

/** binaryMixed(a, b, result, operation, geometry): sums, differences, products and quotients where an operand or the result is bfloat16. */
void binaryMixed(Call& call) {
  const BroadcastShape shape(call.ints(4, 4));
  const auto operation = static_cast<Binary>(call.integer(3));
  withElements(call, 0, shape.leastA, [&](auto* a) {
    withElements(call, 1, shape.leastB, [&](auto* b) {
      using A = std::remove_pointer_t<decltype(a)>;
      using B = std::remove_pointer_t<decltype(b)>;
      if constexpr (std::is_same_v<A, float> && std::is_same_v<B, float>) mapMixed(a, b, elementsLike<Bf16>(call, 2, shape.size), operation, shape);
      else withElements(call, 2, shape.size, [&](auto* result) { mapMixed(a, b, result, operation, shape); });
    });
  });
}
SNAPFIT_EXPORT(binaryMixed);

}  // namespace
}  // namespace snapfit
