// Sixteen floats at once, without instructions of one processor: the compiler splits them up where registers are shorter.
#pragma once

#include <cstdint>
#include <cstring>

namespace snapfit {

typedef float FloatVector __attribute__((vector_size(64)));
typedef int32_t IntVector __attribute__((vector_size(64)));
constexpr int64_t kLanes = 16;

inline FloatVector load(const float* from) {
  FloatVector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

inline void store(float* to, const FloatVector& vector) { std::memcpy(to, &vector, sizeof vector); }

}  // namespace snapfit
