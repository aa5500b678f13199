// Sixteen floats at once, without instructions of one processor: the compiler splits them up where registers are shorter.
#pragma once

#include <cstdint>
#include <cstring>

#include "bf16.h"

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

typedef uint16_t HalfVector __attribute__((vector_size(32)));
typedef uint32_t BitVector __attribute__((vector_size(64)));

inline FloatVector load(const Bf16* from) {
  HalfVector halves;
  std::memcpy(&halves, from, sizeof halves);
  const BitVector bits = __builtin_convertvector(halves, BitVector) << 16;
  FloatVector vector;
  std::memcpy(&vector, &bits, sizeof vector);
  return vector;
}

/** To nearest even, as `rounded`. */
inline void store(Bf16* to, const FloatVector& vector) {
  BitVector bits;
  std::memcpy(&bits, &vector, sizeof bits);
  const BitVector nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const BitVector quiet = (bits >> 16) | 0x40u;
  const HalfVector halves = __builtin_convertvector((bits & 0x7fffffffu) > 0x7f800000u ? quiet : nearest, HalfVector);
  std::memcpy(to, &halves, sizeof halves);
}

}  // namespace snapfit
