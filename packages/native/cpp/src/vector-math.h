// Elementary functions without branches, calls or tables, so that the compiler turns loops over them into vector instructions.
// Range reduction and polynomials in float32; NaN stays NaN, infinities give the limits.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace snapfit {

inline float floatOf(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline int32_t bitsOf(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/** e^x. Below -87.3 the result is 0 rather than a denormal number. */
inline float fastExp(float x) {
  const float clamped = x > 88.72284f ? 88.72284f : (x < -87.33654f ? -87.33654f : x);
  // x = n ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts, so that r is exact.
  const float n = std::nearbyint(clamped * 1.44269504f);
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  // Taylor's polynomial with minimax coefficients: e^r = 1 + r + r^2 p(r)
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float mantissa = p * r * r + r + 1.0f;
  // 2^n in two factors: 2^128 is no float32.
  const int32_t whole = static_cast<int32_t>(n);
  const int32_t half = whole >> 1;
  const float scaled = mantissa * floatOf((half + 127) << 23) * floatOf((whole - half + 127) << 23);
  const float limited = x > 88.72284f ? INFINITY : (x < -87.33654f ? 0.0f : scaled);
  return x != x ? x : limited;
}

/** ln x; -infinity at 0, NaN below. */
inline float fastLog(float x) {
  // Denormal numbers are scaled up first.
  const bool isTiny = x < 1.17549435e-38f;
  const float scaled = isTiny ? x * 8388608.0f : x;
  const int32_t bits = bitsOf(scaled);
  // x = 2^e m, sqrt(1/2) <= m < sqrt(2)
  const int32_t shifted = bits - 0x3f3504f3;
  const int32_t exponent = (shifted >> 23) - (isTiny ? 23 : 0);
  const float m = floatOf((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const float square = m * m;
  const float e = static_cast<float>(exponent);
  const float tail = p * m * square + e * -2.12194440e-4f - 0.5f * square;
  const float value = (m + tail) + e * 0.693359375f;
  const float withZero = x == 0.0f ? -INFINITY : (x == INFINITY ? INFINITY : value);
  return x < 0.0f ? NAN : (x != x ? x : withZero);
}

/** 1 / (1 + e^-x) */
inline float fastSigmoid(float x) { return 1.0f / (1.0f + fastExp(-x)); }

/** tanh x: a rational function on [-9, 9], beyond which it is 1 in float32. */
inline float fastTanh(float x) {
  const float c = x > 7.99881172180175781f ? 7.99881172180175781f : (x < -7.99881172180175781f ? -7.99881172180175781f : x);
  const float s = c * c;
  float p = -2.76076847742355e-16f;
  p = p * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  float q = 1.19825839466702e-06f;
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  const float value = c * p / q;
  const float small = std::fabs(x) < 4.0e-4f ? x : value;
  return x != x ? x : small;
}

/** The error function, by Abramowitz & Stegun's rational form through e^(-x^2) for large |x| and its series for small ones. */
inline float fastErf(float x) {
  const float a = std::fabs(x);
  // |x| < 0.921875: x + x p(x^2), from Taylor's series 2/sqrt(pi) (1 - x^2/3 + x^4/10 - ...)
  const float s = x * x;
  float p = 7.853861353153693e-5f;
  p = p * s - 8.010193625184903e-4f;
  p = p * s + 5.188327685732524e-3f;
  p = p * s - 2.685381193529856e-2f;
  p = p * s + 1.128358514861418e-1f;
  p = p * s - 3.761262582423300e-1f;
  p = p * s + 1.128379165726710f;
  const float inner = x * p;
  // 1 - (a1 t + ... + a5 t^5) e^(-x^2), t = 1 / (1 + 0.3275911 |x|)
  const float t = 1.0f / (1.0f + 0.3275911f * a);
  float q = 1.061405429f;
  q = q * t - 1.453152027f;
  q = q * t + 1.421413741f;
  q = q * t - 0.284496736f;
  q = q * t + 0.254829592f;
  const float outer = 1.0f - q * t * fastExp(-s);
  const float value = a < 0.921875f ? inner : (x < 0.0f ? -outer : outer);
  return x != x ? x : value;
}

}  // namespace snapfit
