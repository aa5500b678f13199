// Loops over elements: split among threads where there are enough, and vector instructions within.
#pragma once

#include <cstdint>

#include "threads.h"

namespace snapfit {

/** Elements that make up for waking a thread, where an element costs little more than its way through memory. */
constexpr int64_t kLightGrain = 49152;
/** The same for elementary functions. */
constexpr int64_t kHeavyGrain = 24576;

/** y[i] = f(x[i]). The loop is a function of its own: bytes that are written could be part of a closure, but not of arguments. */
template <class From, class To, class Function>
inline void mapRange(const From* x, To* y, int64_t begin, int64_t end, Function f) {
#pragma omp simd
  for (int64_t i = begin; i < end; i++) y[i] = f(x[i]);
}

/** z[i] = f(x[i], y[i]) */
template <class First, class Second, class To, class Function>
inline void mapRange(const First* x, const Second* y, To* z, int64_t begin, int64_t end, Function f) {
#pragma omp simd
  for (int64_t i = begin; i < end; i++) z[i] = f(x[i], y[i]);
}

/** y[i] = f(x[i]) */
template <class From, class To, class Function>
void mapElements(const From* x, To* y, int64_t count, int64_t grain, Function f) {
  parallelFor(count, grain, [=](int64_t begin, int64_t end) { mapRange(x, y, begin, end, f); });
}

/** z[i] = f(x[i], y[i]) */
template <class First, class Second, class To, class Function>
void mapElements(const First* x, const Second* y, To* z, int64_t count, int64_t grain, Function f) {
  parallelFor(count, grain, [=](int64_t begin, int64_t end) { mapRange(x, y, z, begin, end, f); });
}

}  // namespace snapfit
