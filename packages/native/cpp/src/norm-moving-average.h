#pragma once

#include <cstdint>

namespace snapfit {

/** moved = value - (value - seen) decay, rounded after each step, as by TensorFlow.js' three kernels. */
void movingAverage(const float* value, const float* seen, int64_t count, float decay, float* moved);

}  // namespace snapfit
