// Functions of one float32 tensor, which may lie as bfloat16.
#include "bf16.h"
#include "call.h"
#include "element-wise.h"
#include "vector-math.h"

namespace snapfit {
namespace {

/** Numbered as in TypeScript. */
enum class Unary {
  kAbs, kCeil, kClipByValue, kElu, kErf, kExp, kExpm1, kFloor, kLeakyRelu, kLog, kLog1p, kNeg, kReciprocal, kRelu, kRelu6, kRound,
  kRsqrt, kSelu, kSigmoid, kSign, kSoftplus, kSqrt, kSquare, kStep, kTanh,
  kSin, kCos, kTan, kAsin, kAcos, kAtan, kSinh, kCosh, kAsinh, kAcosh, kAtanh
};

constexpr float kSeluScale = 1.0507009873554805f;
constexpr float kSeluScaleAlpha = 1.7580993408473769f;

/** y = operation(x) */
template <class T>
void apply(const T* x, T* y, int64_t count, Unary operation, float alpha, float beta) {
  const auto light = [&](auto f) { mapElements(x, y, count, kLightGrain, f); };
  const auto heavy = [&](auto f) { mapElements(x, y, count, kHeavyGrain, f); };
  // Comparisons with NaN are false: what stands last in a choice is what NaN gives.
  switch (operation) {
    case Unary::kAbs: return light([](float v) { return std::fabs(v); });
    case Unary::kCeil: return light([](float v) { return std::ceil(v); });
    case Unary::kClipByValue: return light([=](float v) { return v > beta ? beta : (v < alpha ? alpha : v); });
    case Unary::kElu: return heavy([](float v) { return v >= 0.0f ? v : fastExpm1(v); });
    case Unary::kErf: return heavy([](float v) { return fastErf(v); });
    case Unary::kExp: return heavy([](float v) { return fastExp(v); });
    case Unary::kExpm1: return heavy([](float v) { return fastExpm1(v); });
    case Unary::kFloor: return light([](float v) { return std::floor(v); });
    case Unary::kLeakyRelu: return light([=](float v) { return v < 0.0f ? alpha * v : v; });
    case Unary::kLog: return heavy([](float v) { return fastLog(v); });
    case Unary::kLog1p: return heavy([](float v) { return fastLog1p(v); });
    case Unary::kNeg: return light([](float v) { return -v; });
    case Unary::kReciprocal: return light([](float v) { return 1.0f / v; });
    case Unary::kRelu: return light([](float v) { return v <= 0.0f ? 0.0f : v; });
    case Unary::kRelu6: return light([](float v) { return v <= 0.0f ? 0.0f : (v > 6.0f ? 6.0f : v); });
    case Unary::kRound: return light([](float v) { return std::nearbyint(v); });
    case Unary::kRsqrt: return light([](float v) { return 1.0f / std::sqrt(v); });
    case Unary::kSelu: return heavy([](float v) { return v >= 0.0f ? kSeluScale * v : kSeluScaleAlpha * fastExpm1(v); });
    case Unary::kSigmoid: return heavy([](float v) { return fastSigmoid(v); });
    case Unary::kSign: return light([](float v) { return v > 0.0f ? 1.0f : (v < 0.0f ? -1.0f : 0.0f); });
    case Unary::kSoftplus: return heavy([](float v) { return fastSoftplus(v); });
    case Unary::kSqrt: return light([](float v) { return std::sqrt(v); });
    case Unary::kSquare: return light([](float v) { return v * v; });
    case Unary::kStep: return light([=](float v) { return v > 0.0f ? 1.0f : (v <= 0.0f ? alpha : v); });
    case Unary::kTanh: return heavy([](float v) { return fastTanh(v); });
    // Rare ones, from the C library, in double: as exact as the cpu backend's.
    case Unary::kSin: return heavy([](float v) { return static_cast<float>(std::sin(static_cast<double>(v))); });
    case Unary::kCos: return heavy([](float v) { return static_cast<float>(std::cos(static_cast<double>(v))); });
    case Unary::kTan: return heavy([](float v) { return static_cast<float>(std::tan(static_cast<double>(v))); });
    case Unary::kAsin: return heavy([](float v) { return static_cast<float>(std::asin(static_cast<double>(v))); });
    case Unary::kAcos: return heavy([](float v) { return static_cast<float>(std::acos(static_cast<double>(v))); });
    case Unary::kAtan: return heavy([](float v) { return static_cast<float>(std::atan(static_cast<double>(v))); });
    case Unary::kSinh: return heavy([](float v) { return static_cast<float>(std::sinh(static_cast<double>(v))); });
    case Unary::kCosh: return heavy([](float v) { return static_cast<float>(std::cosh(static_cast<double>(v))); });
    case Unary::kAsinh: return heavy([](float v) { return static_cast<float>(std::asinh(static_cast<double>(v))); });
    case Unary::kAcosh: return heavy([](float v) { return static_cast<float>(std::acosh(static_cast<double>(v))); });
    case Unary::kAtanh: return heavy([](float v) { return static_cast<float>(std::atanh(static_cast<double>(v))); });
  }
  throw CallError("internal: unknown unary operation.");
}

/** unary(x, y, operation, alpha, beta): y = operation(x), both float32 or both bfloat16 */
void unary(Call& call) {
  const size_t count = call.lengthOf(1);
  withElements(call, 0, count, [&](auto* x) {
    auto* y = elementsLike<std::remove_pointer_t<decltype(x)>>(call, 1, count);
    apply(x, y, static_cast<int64_t>(count), static_cast<Unary>(call.integer(2)), static_cast<float>(call.number(3)), static_cast<float>(call.number(4)));
  });
}
SNAPFIT_EXPORT(unary);

/** Numbered as in TypeScript. */
enum class Predicate { kIsNan, kIsInf, kIsFinite };

/** predicate(x, truth: Uint8Array, operation) */
void predicate(Call& call) {
  const Floats x = call.floats(0);
  const Bytes truth = call.bytes(1, x.length);
  const auto map = [&](auto f) { mapElements(x.data, truth.data, static_cast<int64_t>(x.length), kLightGrain, f); };
  switch (static_cast<Predicate>(call.integer(2))) {
    case Predicate::kIsNan: return map([](float v) { return static_cast<uint8_t>(v != v); });
    case Predicate::kIsInf: return map([](float v) { return static_cast<uint8_t>(std::fabs(v) == INFINITY); });
    case Predicate::kIsFinite: return map([](float v) { return static_cast<uint8_t>(std::fabs(v) < INFINITY); });
  }
  throw CallError("internal: unknown predicate.");
}
SNAPFIT_EXPORT(predicate);

/** logicalNot(x: Uint8Array, y: Uint8Array) */
void logicalNot(Call& call) {
  const Bytes x = call.bytes(0);
  const Bytes y = call.bytes(1, x.length);
  mapElements(x.data, y.data, static_cast<int64_t>(x.length), kLightGrain, [](uint8_t v) { return static_cast<uint8_t>(v == 0); });
}
SNAPFIT_EXPORT(logicalNot);

}  // namespace
}  // namespace snapfit
