#include "rnn-panels.h"

#include <algorithm>
#include <cstring>

#include "bf16.h"
#include "threads.h"

namespace snapfit {
namespace {

// The tile of the product that stays in registers: kMostRows x 4 vectors, with room for 4 vectors of the panel and a factor.
#if defined(__AVX512F__)
constexpr int kLanes = 16, kMostRows = 6;
#elif defined(__AVX__)
constexpr int kLanes = 8, kMostRows = 3;
#else
constexpr int kLanes = 4, kMostRows = 2;
#endif
constexpr int kMostVectors = 4;
constexpr int64_t kPanelColumns = kMostVectors * kLanes;
/** Rows of a panel that are used for all rows of the product before the next ones come: they stay in the first cache. */
constexpr int64_t kChunk = 128;

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

int64_t vectorsOf(int64_t columns) { return (columns + kLanes - 1) / kLanes; }

inline Vector load(const float* from, int count) {
  if (count == kLanes) return *reinterpret_cast<const Vector*>(from);
  float part[kLanes] = {};
  std::memcpy(part, from, count * sizeof(float));
  return *reinterpret_cast<const Vector*>(part);
}

inline void store(float* to, Vector value, int count) {
  if (count == kLanes) {
    *reinterpret_cast<Vector*>(to) = value;
  } else {
    std::memcpy(to, &value, count * sizeof(float));
  }
}

/** product[rows, vectors] = start[rows, vectors] + left[rows, depth] x panel[depth, vectors]; `last` columns of the last vector count. */
template <int rows, int vectors>
void tile(Panels::Rows left, const float* panel, int64_t depth, Panels::Rows start, float* product, int64_t productStride, int last) {
  Vector sums[rows][vectors];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
      sums[r][v] = start.data != nullptr ? load(start.data + r * start.stride + v * kLanes, v == vectors - 1 ? last : kLanes) : Vector{};
    }
  }
  for (int64_t k = 0; k < depth; k++, panel += vectors * kLanes) {
    Vector weights[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) weights[v] = *reinterpret_cast<const Vector*>(panel + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const float factor = left.data[r * left.stride + k];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v++) sums[r][v] += factor * weights[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) store(product + r * productStride + v * kLanes, sums[r][v], v == vectors - 1 ? last : kLanes);
  }
}

using Tile = void (*)(Panels::Rows, const float*, int64_t, Panels::Rows, float*, int64_t, int);

template <int rows>
constexpr Tile tilesOf(int vectors) {
  return vectors == 1 ? tile<rows, 1> : vectors == 2 ? tile<rows, 2> : vectors == 3 ? tile<rows, 3> : tile<rows, 4>;
}

Tile tileFor(int64_t rows, int vectors) {
  switch (rows) {
    case 1: return tilesOf<1>(vectors);
    case 2: return tilesOf<2>(vectors);
#if defined(__AVX__)
    case 3: return tilesOf<3>(vectors);
#endif
#if defined(__AVX512F__)
    case 4: return tilesOf<4>(vectors);
    case 5: return tilesOf<5>(vectors);
    case 6: return tilesOf<6>(vectors);
#endif
    default: return nullptr;
  }
}

}  // namespace

int64_t Panels::size(int64_t depth, int64_t columns) { return depth * vectorsOf(columns) * kLanes; }

template <class T>
Panels::Panels(float* memory, const T* matrix, int64_t stride, int64_t depth, int64_t columns, bool isTransposed)
    : packed_(memory), depth_(depth), columns_(columns) {
  const int64_t numPanels = (columns + kPanelColumns - 1) / kPanelColumns;
  const int64_t grain = std::max<int64_t>(1, 65536 / (depth * kPanelColumns));
  parallelFor(numPanels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * kPanelColumns; first < std::min(end * kPanelColumns, columns); first += kPanelColumns) {
      const int64_t count = std::min(kPanelColumns, columns - first);
      const int64_t width = vectorsOf(count) * kLanes;
      float* panel = memory + first * depth;
      if (count < width) std::memset(panel, 0, depth * width * sizeof(float));
      if (!isTransposed) {
        for (int64_t k = 0; k < depth; k++) std::copy_n(matrix + k * stride + first, count, panel + k * width);
        continue;
      }
      // Blocks of one cache line of each column, so that lines are read and written while they are near.
      for (int64_t from = 0; from < depth; from += 16) {
        const int64_t to = std::min(from + 16, depth);
        for (int64_t j = 0; j < count; j++) {
          for (int64_t k = from; k < to; k++) panel[k * width + j] = matrix[(first + j) * stride + k];
        }
      }
    }
  });
}

template Panels::Panels(float*, const float*, int64_t, int64_t, int64_t, bool);
template Panels::Panels(float*, const Bf16*, int64_t, int64_t, int64_t, bool);

void Panels::multiply(Rows left, int64_t rows, Rows start, float* product, int64_t productStride) const {
  const int64_t numBlocks = (rows + kMostRows - 1) / kMostRows;
  for (int64_t first = 0; first < columns_; first += kPanelColumns) {
    const int64_t count = std::min(kPanelColumns, columns_ - first);
    const int vectors = static_cast<int>(vectorsOf(count));
    const int last = static_cast<int>(count - (vectors - 1) * kLanes);
    const float* panel = packed_ + first * depth_;
    for (int64_t k = 0; k < depth_; k += kChunk) {
      const int64_t depth = std::min(kChunk, depth_ - k);
      // After the first rows of the panel the sums go on from the product.
      const Rows from = k > 0 ? Rows{product, productStride} : start;
      for (int64_t block = 0; block < numBlocks; block++) {
        const int64_t begin = rows * block / numBlocks, end = rows * (block + 1) / numBlocks;
        const Rows leftBlock = {left.data + begin * left.stride + k, left.stride};
        const Rows startBlock = {from.data == nullptr ? nullptr : from.data + begin * from.stride + first, from.stride};
        tileFor(end - begin, vectors)(leftBlock, panel + k * vectors * kLanes, depth, startBlock, product + begin * productStride + first,
                                      productStride, last);
      }
    }
  }
}

}  // namespace snapfit
