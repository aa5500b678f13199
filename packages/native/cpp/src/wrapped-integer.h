// Conversions to int32 as JavaScript does them: towards zero, modulo 2^32, 0 for NaN and infinity.
#pragma once

#include <cmath>
#include <cstdint>

namespace snapfit {

inline int32_t wrappedInteger(double value) {
  if (value > -2147483649.0 && value < 2147483648.0) return static_cast<int32_t>(value);
  if (!(std::fabs(value) < INFINITY)) return 0;
  const double rest = std::fmod(std::trunc(value), 4294967296.0);
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(rest)));
}

}  // namespace snapfit
