// Compiled without fused multiply-add: see CMakeLists.txt.
#include "norm-moving-average.h"

namespace snapfit {

void movingAverage(const float* value, const float* seen, int64_t count, float decay, float* moved) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) {
    const float change = (value[i] - seen[i]) * decay;
    moved[i] = value[i] - change;
  }
}

}  // namespace snapfit
