// Matrix products of a few kilobytes that stay in the cache, between memory of any row stride: the inside of fused kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "bf16.h"

namespace snapfit::small {

// A register tile is kTileRows x kPanel numbers.
#if defined(__AVX512F__)
constexpr int kLanes = 16, kTileRows = 8;
#elif defined(__AVX__)
constexpr int kLanes = 8, kTileRows = 4;
#else
constexpr int kLanes = 4, kTileRows = 4;
#endif
constexpr int kPanel = 2 * kLanes;

using Lanes = float __attribute__((vector_size(kLanes * 4)));

inline Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline Lanes load(const Bf16* from) {
  uint16_t halves __attribute__((vector_size(kLanes * 2)));
  std::memcpy(&halves, from, sizeof halves);
  using Bits = uint32_t __attribute__((vector_size(kLanes * 4)));
  const Bits bits = __builtin_convertvector(halves, Bits) << 16;
  Lanes lanes;
  std::memcpy(&lanes, &bits, sizeof lanes);
  return lanes;
}
inline void store(float* to, Lanes lanes) { std::memcpy(to, &lanes, sizeof lanes); }

constexpr int64_t roundUp(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/** Left operand: element (row, step) lies at data[row * rowStride + step * stepStride]. */
struct Left {
  const float* data;
  int64_t rowStride, stepStride;
};
/** Right operand: columns in panels of kPanel; panel p, step s starts at data[p * panelStride + s * stepStride]. */
struct Right {
  const float* data;
  int64_t stepStride;
  int64_t panelStride = kPanel;
};
/** Rows of memory. */
struct Rows {
  float* data;
  int64_t stride;
};

template <int kRows, int kVectors>
inline void tileProduct(const Left& a, const float* b, int64_t bStep, int64_t depth, float scale, bool isAdded, float* c, int64_t cStride) {
  Lanes sums[kRows][kVectors] = {};
  const float* left = a.data;
  // Loops over the tile are unrolled: sums that are indexed at run time would live in memory.
  for (int64_t step = 0; step < depth; step++, left += a.stepStride, b += bStep) {
    Lanes right[kVectors];
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; j++) right[j] = load(b + j * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; i++) {
      const float value = left[i * a.rowStride];
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; j++) sums[i][j] += value * right[j];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; j++) {
      float* to = c + i * cStride + j * kLanes;
      store(to, isAdded ? load(to) + scale * sums[i][j] : scale * sums[i][j]);
    }
  }
}

template <int kVectors>
inline void panelProduct(int64_t rows, Left a, const float* b, int64_t bStep, int64_t depth, float scale, bool isAdded, float* c, int64_t cStride) {
  int64_t row = 0;
  const auto advance = [&](int count) {
    row += count;
    a.data += count * a.rowStride;
    c += count * cStride;
  };
  for (; row + kTileRows <= rows; advance(kTileRows)) tileProduct<kTileRows, kVectors>(a, b, bStep, depth, scale, isAdded, c, cStride);
  for (; row + 2 <= rows; advance(2)) tileProduct<2, kVectors>(a, b, bStep, depth, scale, isAdded, c, cStride);
  if (row < rows) tileProduct<1, kVectors>(a, b, bStep, depth, scale, isAdded, c, cStride);
}

/** c = scale a b, or c += scale a b; `columns` is a multiple of kLanes. The order of each sum is that of the steps, whatever the sizes. */
inline void product(int64_t rows, int64_t columns, int64_t depth, const Left& a, const Right& b, float scale, bool isAdded, const Rows& c) {
  int64_t column = 0;
  const float* panel = b.data;
  for (; column + kPanel <= columns; column += kPanel, panel += b.panelStride) {
    panelProduct<2>(rows, a, panel, b.stepStride, depth, scale, isAdded, c.data + column, c.stride);
  }
  if (column < columns) panelProduct<1>(rows, a, panel, b.stepStride, depth, scale, isAdded, c.data + column, c.stride);
}

template <int kDistance, class Join, size_t... kLane>
inline float foldedLanes(Lanes lanes, const Join& join, std::index_sequence<kLane...> all) {
  lanes = join(lanes, __builtin_shufflevector(lanes, lanes, (kLane ^ kDistance)...));
  if constexpr (kDistance > 1) return foldedLanes<kDistance / 2>(lanes, join, all);
  return lanes[0];
}

/** One number of all lanes, by halves. */
inline float sumOf(Lanes lanes) {
  return foldedLanes<kLanes / 2>(lanes, [](Lanes a, Lanes b) { return a + b; }, std::make_index_sequence<kLanes>());
}
inline float largestOf(Lanes lanes) {
  return foldedLanes<kLanes / 2>(lanes, [](Lanes a, Lanes b) { return a > b ? a : b; }, std::make_index_sequence<kLanes>());
}

/** One stage of a transposition: exchanges the parts of a and b that lie `kDistance` apart. */
template <int kDistance, size_t... kLane>
inline void exchange(Lanes& a, Lanes& b, std::index_sequence<kLane...>) {
  constexpr int kD = kDistance;
  const Lanes low = __builtin_shufflevector(a, b, ((kLane & kD) == 0 ? kLane : kLanes + kLane - kD)...);
  const Lanes high = __builtin_shufflevector(a, b, ((kLane & kD) == 0 ? kLane + kD : kLanes + kLane)...);
  a = low;
  b = high;
}

template <int kDistance>
inline void transposeStages(Lanes (&tile)[kLanes]) {
  for (int i = 0; i < kLanes; i++) {
    if ((i & kDistance) == 0) exchange<kDistance>(tile[i], tile[i + kDistance], std::make_index_sequence<kLanes>());
  }
  if constexpr (kDistance > 1) transposeStages<kDistance / 2>(tile);
}

/** Makes `rows` rows of `depth` numbers the columns of a right operand, in panels [depth, kPanel]; the last one is filled up with zeros. */
template <class T>
inline void packColumns(const T* from, int64_t stride, int64_t rows, int64_t depth, float* panels) {
  for (int64_t row = 0; row < roundUp(rows, kPanel); row += kLanes) {
    float* to = panels + row / kPanel * kPanel * depth + row % kPanel;
    const int64_t count = rows - row < kLanes ? (rows > row ? rows - row : 0) : kLanes;
    int64_t step = 0;
    for (; count == kLanes && step + kLanes <= depth; step += kLanes) {
      Lanes tile[kLanes];
      for (int i = 0; i < kLanes; i++) tile[i] = load(from + (row + i) * stride + step);
      transposeStages<kLanes / 2>(tile);
      for (int i = 0; i < kLanes; i++) store(to + (step + i) * kPanel, tile[i]);
    }
    for (; step < depth; step++) {
      for (int64_t i = 0; i < kLanes; i++) to[step * kPanel + i] = i < count ? static_cast<float>(from[(row + i) * stride + step]) : 0.0f;
    }
  }
}

/** Copies rows into wider ones whose ends are zero. */
template <class T>
inline void padRows(const T* from, int64_t fromStride, int64_t rows, int64_t width, float* to, int64_t toStride) {
  for (int64_t row = 0; row < rows; row++, from += fromStride, to += toStride) {
#pragma omp simd
    for (int64_t i = 0; i < width; i++) to[i] = from[i];
    std::fill(to + width, to + toStride, 0.0f);
  }
}

}  // namespace snapfit::small
