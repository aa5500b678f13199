// Conversions between float32 and bfloat16, and the measurement that tells which of them this processor multiplies faster.
#include "bf16.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "call.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr int64_t kGrain = 1 << 16;

/** widen(bf16, float32) */
void widen(Call& call) {
  const Halves from = call.halves(0);
  const Floats to = call.floats(1, from.length);
  parallelFor(static_cast<int64_t>(from.length), kGrain, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) to.data[i] = widened(from.data[i]);
  });
}
SNAPFIT_EXPORT(widen);

/** round(float32, bf16): to nearest even. */
void round(Call& call) {
  const Floats from = call.floats(0);
  const Halves to = call.halves(1, from.length);
  parallelFor(static_cast<int64_t>(from.length), kGrain, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) to.data[i] = rounded(from.data[i]);
  });
}
SNAPFIT_EXPORT(round);

/** Seconds of the fastest of several products [256, 512] x [512, 256] of one type. */
double fastestProduct(DType type) {
  constexpr int64_t m = 256, k = 512, n = 256;
  const Desc left({m, k}, type, Tag::ab), right({k, n}, type, Tag::ab), result({m, n}, kF32, Tag::ab);
  const dnnl::matmul::primitive_desc description(engine(), left, right, result);
  const dnnl::matmul product(description);
  // Zeros are as fast as any other numbers.
  std::vector<float> memory(m * k + k * n + m * n);
  dnnl::memory a(left, engine(), memory.data()), b(right, engine(), memory.data() + m * k), c(result, engine(), memory.data() + m * k + k * n);
  double fastest = 1e9;
  for (int i = 0; i < 4; i++) {
    const auto start = std::chrono::steady_clock::now();
    product.execute(stream(), {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
    stream().wait();
    fastest = std::min(fastest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return fastest;
}

/** bf16Speed(): the rate of products in bfloat16 as a multiple of that in float32; 0 where the processor has none. Takes about 10 ms. */
void bf16Speed(Call& call) {
  double ratio = 0;
  try {
    ratio = fastestProduct(kF32) / fastestProduct(kBf16);
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) throw;
  }
  call.returns(ratio);
}
SNAPFIT_EXPORT(bf16Speed);

}  // namespace
}  // namespace snapfit
