#include "activation.h"

#include <atomic>
#include <cmath>
#if defined(__SSE__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

#include "bf16.h"
#include "element-wise.h"
#include "float-vector.h"
#include "threads.h"
#include "vector-math.h"

namespace snapfit {
namespace {

// What the processor notes of this thread's operations.
#if defined(__SSE__)
// <cfenv> does the same for the x87 unit as well, which takes longer than a small product.
bool wasInvalid() { return (_mm_getcsr() & _MM_EXCEPT_INVALID) != 0; }
void forgetInvalid() { _mm_setcsr(_mm_getcsr() & ~_MM_EXCEPT_INVALID); }
#else
bool wasInvalid() { return std::fetestexcept(FE_INVALID) != 0; }
void forgetInvalid() { std::feclearexcept(FE_INVALID); }
#endif

/** Whether an operation was invalid on any thread that oneDNN runs on; forgets it. */
bool takeInvalidOperation() {
  bool found = false;
#pragma omp parallel reduction(|| : found)
  if (wasInvalid()) {
    found = true;
    forgetInvalid();
  }
  return found;
}

/** Numbers that this thread looks through before others would have woken. */
constexpr int64_t kFewNumbers = 1 << 16;

template <class T>
bool hasNanBetween(const T* y, int64_t begin, int64_t end) {
  IntVector found = {};
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) {
    const FloatVector values = load(y + i);
    found |= values != values;
  }
  bool has = false;
  for (int64_t lane = 0; lane < kLanes; lane++) has |= found[lane] != 0;
  for (; i < end; i++) has |= std::isnan(static_cast<float>(y[i]));
  return has;
}

template <class T>
bool hasNan(const T* y, int64_t count) {
  std::atomic<bool> has{false};
  parallelFor(count, kFewNumbers, [&](int64_t begin, int64_t end) {
    if (hasNanBetween(y, begin, end)) has = true;
  });
  return has;
}

template <class T>
void apply(Activation activation, T* y, int64_t count) {
  switch (activation) {
    case Activation::kRelu: return mapElements(y, y, count, kLightGrain, [](float v) { return v <= 0.0f ? 0.0f : v; });
    case Activation::kRelu6: return mapElements(y, y, count, kLightGrain, [](float v) { return v <= 0.0f ? 0.0f : (v > 6.0f ? 6.0f : v); });
    default: return mapElements(y, y, count, kHeavyGrain, [](float v) { return fastSigmoid(v); });
  }
}

/** What oneDNN computes right for numbers only. */
bool isUncertain(Activation activation) { return activation == Activation::kRelu || activation == Activation::kRelu6; }

}  // namespace

void append(dnnl::post_ops& operations, Activation activation, float alpha) {
  using dnnl::algorithm;
  switch (activation) {
    case Activation::kNone: return;
    // oneDNN's relu gives 0 for NaN. This is x min(max(1e38 x, 0), 1) + 0: x where x is positive, 0 where it is negative, NaN for NaN and for -infinity.
    // The sum turns -0 into 0.
    case Activation::kRelu:
      operations.append_eltwise(algorithm::eltwise_hardswish, 1e38f, 0);
      return operations.append_eltwise(algorithm::eltwise_linear, 1, 0);
    // A number for NaN.
    case Activation::kRelu6: return operations.append_eltwise(algorithm::eltwise_clip, 0, 6);
    case Activation::kElu: return operations.append_eltwise(algorithm::eltwise_elu, 1, 0);
    case Activation::kSigmoid: return operations.append_eltwise(algorithm::eltwise_logistic, 0, 0);
    case Activation::kTanh: return operations.append_eltwise(algorithm::eltwise_tanh, 0, 0);
    case Activation::kLeakyRelu: return operations.append_eltwise(algorithm::eltwise_relu, alpha, 0);
  }
}

bool Activated::canBeFused() const {
  // Without AVX2 some of oneDNN's convolutions give 0 for the sigmoid of NaN.
  constexpr auto avx2 = static_cast<unsigned>(dnnl::cpu_isa::avx2);
  static const bool hasAvx2 = (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & avx2) == avx2;
  return activation != Activation::kSigmoid || hasAvx2;
}

void Activated::expectNumbers() const {
  if (isUncertain(activation)) forgetInvalid();
}

bool Activated::isWrong() const {
  if (!isUncertain(activation)) return false;
  // The processor notes infinity times 0 as an invalid operation, and on x86 the maximum of NaN and a number.
  if (omp_get_max_threads() == 1) return wasInvalid();
  const bool isRelu = activation == Activation::kRelu, isShort = count <= kFewNumbers;
  // Relu has NaN where it is wrong. On the other threads the processor also noted what other kernels did.
  if (!(isRelu && isShort) && !takeInvalidOperation()) return false;
  if (!isRelu) return true;
  return type == kBf16 ? hasNan(static_cast<const Bf16*>(y), count) : hasNan(static_cast<const float*>(y), count);
}

void Activated::apply() const {
  if (type == kBf16) snapfit::apply(activation, static_cast<Bf16*>(y), count);
  else snapfit::apply(activation, static_cast<float*>(y), count);
}

}  // namespace snapfit
