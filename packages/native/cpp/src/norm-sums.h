// Sums whose result does not depend on the number of threads: parts are cut by fixed sizes and added in order.
#pragma once

#include <algorithm>
#include <cstdint>

namespace snapfit {

/** The sum of term(0) … term(count - 1): float lanes within 4096 terms, double across them, so that a long sum loses no digits. */
template <class Term>
double sumOf(int64_t count, const Term& term) {
  constexpr int64_t kPart = 4096;
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kPart) {
    const int64_t end = std::min(begin + kPart, count);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = begin; i < end; i++) sum += term(i);
    total += sum;
  }
  return total;
}

/** The largest of a row that has elements; NaN is passed over. */
inline float largestOf(const float* row, int64_t count) {
  float largest = row[0];
#pragma omp simd reduction(max : largest)
  for (int64_t i = 0; i < count; i++) largest = row[i] > largest ? row[i] : largest;
  return largest;
}

/** sums[c] = the sum of term(row, c) over the rows [begin, end). Four rows at a time: less traffic to `sums`. */
template <class Term>
void sumColumns(int64_t begin, int64_t end, int64_t columns, float* sums, const Term& term) {
  std::fill(sums, sums + columns, 0.0f);
  int64_t row = begin;
  for (; row + 4 <= end; row += 4) {
#pragma omp simd
    for (int64_t c = 0; c < columns; c++) sums[c] += (term(row, c) + term(row + 1, c)) + (term(row + 2, c) + term(row + 3, c));
  }
  for (; row < end; row++) {
#pragma omp simd
    for (int64_t c = 0; c < columns; c++) sums[c] += term(row, c);
  }
}

/** sums[c] = the sum over blocks of partials[block, c], in double. */
inline void sumBlocks(const float* partials, int64_t numBlocks, int64_t columns, float* sums) {
  constexpr int64_t kTile = 64;
  for (int64_t first = 0; first < columns; first += kTile) {
    const int64_t width = std::min(kTile, columns - first);
    double totals[kTile] = {};
    for (int64_t block = 0; block < numBlocks; block++) {
      const float* partial = partials + block * columns + first;
#pragma omp simd
      for (int64_t c = 0; c < width; c++) totals[c] += partial[c];
    }
    for (int64_t c = 0; c < width; c++) sums[first + c] = static_cast<float>(totals[c]);
  }
}

/** Slots of scratch() of the normalisations. */
constexpr size_t kNormPartials = 0x4e6f726d, kNormColumns = kNormPartials + 1;

}  // namespace snapfit
