// bfloat16: the upper half of a float32, rounded to nearest even.
#pragma once

#include <cstdint>
#include <type_traits>

#include "call.h"
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

/** An element that reads and is assigned like a float, so that one loop serves both types. */
struct Bf16 {
  uint16_t bits;
  Bf16() = default;
  Bf16(float value) : bits(rounded(value)) {}
  operator float() const { return widened(bits); }
};

/** Rounds numbers to bfloat16 where they lie: as factors of a product in float32 they then give the sums of one in bfloat16. */
inline void roundRow(float* row, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) row[i] = widened(rounded(row[i]));
}

/** Calls `body` with a pointer to the elements of a float32 tensor: `float*`, or `Bf16*` where they lie so. */
template <class Body>
void withElements(const Call& call, size_t index, size_t least, const Body& body) {
  if (call.typeOf(index) == napi_uint16_array) body(reinterpret_cast<Bf16*>(call.halves(index, least).data));
  else body(call.floats(index, least).data);
}

/** Elements of an argument that `withElements` found to be of type T. */
template <class T>
T* elementsLike(const Call& call, size_t index, size_t least) {
  if constexpr (std::is_same_v<T, Bf16>) return reinterpret_cast<Bf16*>(call.halves(index, least).data);
  else return call.floats(index, least).data;
}

}  // namespace snapfit
