// Reductions along one dim: sum, mean, extremes, product, all and any.
#include <limits>

#include "bf16.h"
#include "call.h"
#include "reduction.h"

namespace snapfit {
namespace {

struct Sum {
  using Lane = float;
  using Total = double;
  static Lane start() { return 0; }
  static Lane add(Lane lane, float x) { return lane + x; }
  static Lane joined(Lane a, Lane b) { return a + b; }
  static Total total(Total total, double lane) { return total + lane; }
};

struct Product {
  using Lane = double;
  using Total = double;
  static Lane start() { return 1; }
  static Lane add(Lane lane, float x) { return lane * x; }
  static Lane joined(Lane a, Lane b) { return a * b; }
  static Total total(Total total, Lane lane) { return total * lane; }
};

/** Wraps around as an Int32Array does. */
struct IntegerSum {
  using Lane = uint32_t;
  using Total = uint32_t;
  static Lane start() { return 0; }
  static Lane add(Lane lane, int32_t x) { return lane + static_cast<uint32_t>(x); }
  static Lane joined(Lane a, Lane b) { return a + b; }
  static Total total(Total total, Lane lane) { return total + lane; }
};

/** NaN wins, as it is neither replaced nor refused. */
template <class T, bool isGreatest>
struct Extreme {
  using Lane = T;
  using Total = T;
  static Lane start() {
    using Limits = std::numeric_limits<T>;
    if constexpr (Limits::has_infinity) return isGreatest ? -Limits::infinity() : Limits::infinity();
    else return isGreatest ? Limits::min() : Limits::max();
  }
  static Lane add(Lane lane, T x) { return (isGreatest ? x > lane : x < lane) | (x != x) ? x : lane; }
  static Lane joined(Lane a, Lane b) { return add(a, b); }
  static Total total(Total total, Lane lane) { return add(total, lane); }
};

/** Numbered as in TypeScript. */
enum class Operation { kSum, kMean, kMax, kMin, kProd };

struct Sizes {
  int64_t outer, count, inner;
  explicit Sizes(const Ints& sizes) : outer(sizes[0]), count(sizes[1]), inner(sizes[2]) {}
  size_t all() const { return outer * count * inner; }
  size_t rest() const { return outer * inner; }
};

template <class Reduction, class T, class Result, class Finish>
void run(const Span<T>& x, const Span<Result>& y, const Sizes& sizes, Finish finish) {
  Reducer<Reduction>::run(x.data, y.data, sizes.outer, sizes.count, sizes.inner, finish);
}

/** reduce(x, y, operation, [outer, count, inner], divisor): float32, sums and means also of bfloat16; the mean is a sum over `divisor`. */
void reduce(Call& call) {
  const Sizes sizes(call.ints(3, 3));
  const Floats y = call.floats(1, sizes.rest());
  const double divisor = call.number(4);
  if (call.typeOf(0) == napi_uint16_array) {
    const Span<Bf16> x = {elementsLike<Bf16>(call, 0, sizes.all()), sizes.all()};
    const double by = static_cast<Operation>(call.integer(2)) == Operation::kMean ? divisor : 1;
    return run<Sum>(x, y, sizes, [=](double total) { return static_cast<float>(total / by); });
  }
  const Floats x = call.floats(0, sizes.all());
  const auto same = [](float total) { return total; };
  switch (static_cast<Operation>(call.integer(2))) {
    case Operation::kSum: return run<Sum>(x, y, sizes, [](double total) { return static_cast<float>(total); });
    case Operation::kMean: return run<Sum>(x, y, sizes, [=](double total) { return static_cast<float>(total / divisor); });
    case Operation::kMax: return run<Extreme<float, true>>(x, y, sizes, same);
    case Operation::kMin: return run<Extreme<float, false>>(x, y, sizes, same);
    case Operation::kProd: return run<Product>(x, y, sizes, [](double total) { return static_cast<float>(total); });
  }
  throw CallError("internal: unknown reduction.");
}
SNAPFIT_EXPORT(reduce);

/** reduceInts(x, y, operation, [outer, count, inner]): int32; for a sum x may be bool. */
void reduceInts(Call& call) {
  const Sizes sizes(call.ints(3, 3));
  const Ints y = call.ints(1, sizes.rest());
  const auto operation = static_cast<Operation>(call.integer(2));
  const auto wrapped = [](uint32_t total) { return static_cast<int32_t>(total); };
  const auto same = [](int32_t total) { return total; };
  if (call.typeOf(0) == napi_uint8_array && operation == Operation::kSum) return run<IntegerSum>(call.bytes(0, sizes.all()), y, sizes, wrapped);
  const Ints x = call.ints(0, sizes.all());
  switch (operation) {
    case Operation::kSum: return run<IntegerSum>(x, y, sizes, wrapped);
    case Operation::kMax: return run<Extreme<int32_t, true>>(x, y, sizes, same);
    case Operation::kMin: return run<Extreme<int32_t, false>>(x, y, sizes, same);
    default: throw CallError("internal: unknown reduction of int32.");
  }
}
SNAPFIT_EXPORT(reduceInts);

/** reduceBools(x, y, operation, [outer, count, inner]): the maximum is whether any is true, the minimum whether all are. */
void reduceBools(Call& call) {
  const Sizes sizes(call.ints(3, 3));
  const Bytes x = call.bytes(0, sizes.all()), y = call.bytes(1, sizes.rest());
  const auto same = [](uint8_t total) { return total; };
  if (static_cast<Operation>(call.integer(2)) == Operation::kMax) run<Extreme<uint8_t, true>>(x, y, sizes, same);
  else run<Extreme<uint8_t, false>>(x, y, sizes, same);
}
SNAPFIT_EXPORT(reduceBools);

}  // namespace
}  // namespace snapfit
