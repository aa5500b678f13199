// Elementary functions without branches, calls or tables, so that the compiler turns loops over them into vector instructions.
// Range reduction and polynomials in float32, right to a few units in the last place; NaN stays NaN, infinities give the limits.
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

/** 2^n, -126 <= n <= 127 */
inline float powerOfTwo(int32_t n) { return floatOf(static_cast<int32_t>((static_cast<uint32_t>(n) + 127u) << 23)); }

/** x = n ln 2 + r, |r| <= ln 2 / 2 */
struct ReducedExponent {
  float n;
  float r;
  explicit ReducedExponent(float x) : n(std::nearbyint(x * 1.44269504f)), r((x - n * 0.693359375f) + n * 2.12194440e-4f) {}

  /** e^r - 1 = r + r^2 p(r), minimax coefficients (Cephes' expf) */
  float expm1() const {
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * r * r + r;
  }
};

/** e^x, denormal results included */
inline float fastExp(float x) {
  // Where the result is 0 the sum is done for 0: arithmetic that underflows takes a hundred times as long.
  const float clamped = x > 88.72284f ? 88.72284f : (x < -103.9721f ? 0.0f : x);
  const ReducedExponent reduced(clamped);
  // 2^n in two factors: 2^128 is no float32, and a denormal result has to be rounded once.
  const int32_t whole = static_cast<int32_t>(reduced.n);
  const int32_t half = whole >> 1;
  const float scaled = (reduced.expm1() + 1.0f) * powerOfTwo(half) * powerOfTwo(whole - half);
  const float limited = x > 88.72284f ? INFINITY : (x < -103.9721f ? 0.0f : scaled);
  return x != x ? x : limited;
}

/** e^x - 1, right for small x too */
inline float fastExpm1(float x) {
  const float clamped = x > 88.72284f ? 88.72284f : (x < -18.0f ? -18.0f : x);
  const ReducedExponent reduced(clamped);
  // 2^n (e^r - 1) + 2^n - 1, halved as 2^128 is no float32
  const float half = powerOfTwo(static_cast<int32_t>(reduced.n - 1.0f));
  const float value = 2.0f * (half * reduced.expm1() + (half - 0.5f));
  const float limited = x > 88.72284f ? INFINITY : value;
  return x != x || std::fabs(x) < 1e-20f ? x : limited;
}

/** ln x; -infinity at 0, NaN below */
inline float fastLog(float x) {
  // Denormal numbers are scaled up first.
  const bool isTiny = x < 1.17549435e-38f;
  const float scaled = isTiny ? x * 8388608.0f : x;
  // x = 2^e (1 + m), sqrt(1/2) <= 1 + m < sqrt(2)
  const int32_t shifted = static_cast<int32_t>(static_cast<uint32_t>(bitsOf(scaled)) - 0x3f3504f3u);
  const float e = static_cast<float>((shifted >> 23) - (isTiny ? 23 : 0));
  const float m = floatOf((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  // ln(1 + m) = m - m^2 / 2 + m^3 p(m), minimax coefficients (Cephes' logf)
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
  const float tail = p * m * square + e * -2.12194440e-4f - 0.5f * square;
  const float value = (m + tail) + e * 0.693359375f;
  const float withLimits = x == 0.0f ? -INFINITY : (x == INFINITY ? INFINITY : value);
  return x < 0.0f ? NAN : (x != x ? x : withLimits);
}

/** ln(1 + x), right for small x too */
inline float fastLog1p(float x) {
  const float sum = 1.0f + x;
  // What the sum lost: ln(s + d) = ln s + d / s
  const float lost = x - (sum - 1.0f);
  const float value = fastLog(sum) + lost / sum;
  const float withLimits = x == INFINITY ? INFINITY : (x == -1.0f ? -INFINITY : value);
  return x == 0.0f ? x : withLimits;
}

/** 1 / (1 + e^-x) */
inline float fastSigmoid(float x) {
  // e^-|x| is at most 1: nothing overflows, and small results keep all their digits.
  const float power = fastExp(-std::fabs(x));
  return (x < 0.0f ? power : 1.0f) / (1.0f + power);
}

/** ln(1 + e^x) */
inline float fastSoftplus(float x) { return (x < 0.0f ? 0.0f : x) + fastLog1p(fastExp(-std::fabs(x))); }

/** tanh x: a polynomial for small |x|, beyond it 1 - 2 / (e^2|x| + 1) */
inline float fastTanh(float x) {
  const float a = std::fabs(x);
  // |x| < 0.625: x + x^3 p(x^2), minimax coefficients (Cephes' tanhf)
  const float s = x * x;
  float p = -5.70498872745e-3f;
  p = p * s + 2.06390887954e-2f;
  p = p * s - 5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s - 3.33332819422e-1f;
  const float inner = p * s * x + x;
  const float outer = 1.0f - 2.0f / (fastExp(2.0f * a) + 1.0f);
  return std::copysign(a < 0.625f ? inner : outer, x);
}

/** The error function: polynomials by N. Juffa, for large |x| in the exponent of 1 - e^p(|x|) */
inline float fastErf(float x) {
  const float a = std::fabs(x);
  const float s = x * x;
  float inner = -5.96761703e-4f;
  inner = inner * s + 4.99119423e-3f;
  inner = inner * s - 2.67681349e-2f;
  inner = inner * s + 1.12819925e-1f;
  inner = inner * s - 3.76125336e-1f;
  inner = inner * s + 1.28379166e-1f;
  inner = inner * x + x;
  // From 4 on the result is 1 in float32.
  const float t = a > 4.0f ? 4.0f : a;
  float outer = -1.72853470e-5f * t + 3.83197126e-4f;
  outer = outer * (t * t) + (-3.88396438e-3f * t + 2.42546219e-2f);
  outer = outer * t - 1.06777877e-1f;
  outer = outer * t - 6.34846687e-1f;
  outer = outer * t - 1.28717512e-1f;
  outer = outer * t - t;
  outer = 1.0f - fastExp(outer);
  return a > 0.927734375f ? std::copysign(outer, x) : inner;
}

}  // namespace snapfit
