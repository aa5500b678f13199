// Transposes one small matrix.
#pragma once

#include <cstdint>
#include <cstring>

namespace snapfit {

/** Rows and columns of a tile: 16 elements of 4 bytes are a cache line. */
constexpr int64_t kTile = 16;

/** to[j][i] = from[i][j] for i < numColumns, j < numRows; at most kTile each. Strides are those between rows of each side. */
template <class T>
inline void transposeTileByElements(const T* from, int64_t fromStride, int64_t numColumns, T* to, int64_t toStride, int64_t numRows) {
  for (int64_t j = 0; j < numRows; j++) {
    for (int64_t i = 0; i < numColumns; i++) to[j * toStride + i] = from[i * fromStride + j];
  }
}

/**
 * A full tile of 4-byte elements by 4 x 4 blocks in registers. Each source line is read once and each target line written once: with a stride
 * of a power of two all lines fall into one set of the cache, which does not hold 16 of them.
 */
inline void transposeFullTile(const uint32_t* from, int64_t fromStride, uint32_t* to, int64_t toStride) {
  using Four = uint32_t __attribute__((vector_size(16)));
  alignas(64) uint32_t block[kTile][kTile];
  for (int64_t i = 0; i < kTile; i += 4) {
    for (int64_t j = 0; j < kTile; j += 4) {
      Four row[4];
      for (int r = 0; r < 4; r++) std::memcpy(&row[r], from + (i + r) * fromStride + j, sizeof(Four));
      const Four low01 = __builtin_shuffle(row[0], row[1], Four{0, 4, 1, 5}), high01 = __builtin_shuffle(row[0], row[1], Four{2, 6, 3, 7});
      const Four low23 = __builtin_shuffle(row[2], row[3], Four{0, 4, 1, 5}), high23 = __builtin_shuffle(row[2], row[3], Four{2, 6, 3, 7});
      const Four column[4] = {__builtin_shuffle(low01, low23, Four{0, 1, 4, 5}), __builtin_shuffle(low01, low23, Four{2, 3, 6, 7}),
                              __builtin_shuffle(high01, high23, Four{0, 1, 4, 5}), __builtin_shuffle(high01, high23, Four{2, 3, 6, 7})};
      for (int r = 0; r < 4; r++) std::memcpy(&block[j + r][i], &column[r], sizeof(Four));
    }
  }
  for (int64_t j = 0; j < kTile; j++) std::memcpy(to + j * toStride, block[j], sizeof block[j]);
}

template <class T>
inline void transposeTile(const T* from, int64_t fromStride, int64_t numColumns, T* to, int64_t toStride, int64_t numRows) {
  transposeTileByElements(from, fromStride, numColumns, to, toStride, numRows);
}

template <>
inline void transposeTile(const uint32_t* from, int64_t fromStride, int64_t numColumns, uint32_t* to, int64_t toStride, int64_t numRows) {
  if (numColumns == kTile && numRows == kTile) transposeFullTile(from, fromStride, to, toStride);
  else transposeTileByElements(from, fromStride, numColumns, to, toStride, numRows);
}

}  // namespace snapfit
