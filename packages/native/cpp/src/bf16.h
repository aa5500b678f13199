// bfloat16: the upper half of a float32, rounded to nearest even.
#pragma once

#include <cstdint>

#include "vector-math.h"

namespace snapfit {

inline float widened(uint16_t bits) { return floatOf(static_cast<int32_t>(static_cast<uint32_t>(bits) << 16)); }

inline uint16_t rounded(float value) {
  const auto bits = static_cast<uint32_t>(bitsOf(value));
  const uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  // Rounding could carry a NaN into infinity: its quiet bit is set instead.
  const bool isNaN = (bits & 0x7fffffffu) > 0x7f800000u;
  return static_cast<uint16_t>(isNaN ? (bits >> 16) | 0x40u : nearest);
}

/** Reads and writes an element of either type as float32, so that one loop serves both. */
inline float load(float value) { return value; }
inline float load(uint16_t bits) { return widened(bits); }
inline void store(float& place, float value) { place = value; }
inline void store(uint16_t& place, float value) { place = rounded(value); }

}  // namespace snapfit
