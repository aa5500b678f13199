// Sums whose result does not depend on the number of threads: parts are cut by fixed sizes and added in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace snapfit {

/** Sums in as many lanes as the widest vector has. By hand: GCC 12 keeps the lanes of an OpenMP reduction in memory. */
struct Lanes {
  static constexpr int64_t kCount = 16;
  float values[kCount] = {};

  template <class Term>
  inline void addAll(int64_t begin, int64_t end, const Term& term) {
    int64_t i = begin;
    for (; i + kCount <= end; i += kCount) {
#pragma omp simd
      for (int64_t lane = 0; lane < kCount; lane++) values[lane] += term(i + lane);
    }
    const int64_t rest = end - i;
#pragma omp simd
    for (int64_t lane = 0; lane < rest; lane++) values[lane] += term(i + lane);
  }

  /** By shuffles in registers: by loops over the array it would cost as much as 1000 terms. */
  float sum() const {
    using Eight = float __attribute__((vector_size(32)));
    using Four = float __attribute__((vector_size(16)));
    Eight lower, upper;
    std::memcpy(&lower, values, sizeof lower);
    std::memcpy(&upper, values + 8, sizeof upper);
    const Eight eight = lower + upper;
    const Four four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    return (four[0] + four[2]) + (four[1] + four[3]);
  }
};

/** The sum of term(0) … term(count - 1): float lanes within 4096 terms, double across them, so that a long sum loses no digits. */
template <class Term>
inline double sumOf(int64_t count, const Term& term) {
  constexpr int64_t kPart = 4096;
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kPart) {
    Lanes lanes;
    lanes.addAll(begin, std::min(begin + kPart, count), term);
    total += lanes.sum();
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
