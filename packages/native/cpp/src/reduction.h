// Sums and the like along one of three dims [outer, count, inner], in blocks of fixed sizes: the result is the same with any number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "element-wise.h"
#include "onednn.h"

namespace snapfit {

/**
 * A reduction is a type with `Lane`, in which neighbouring elements are gathered by vector instructions, and `Total`, in which lanes are joined:
 * start(), add(Lane, element), joined(Lane, Lane), total(Total, Lane).
 */
template <class Reduction>
struct Reducer {
  using Lane = typename Reduction::Lane;
  using Total = typename Reduction::Total;

  /** Elements that one lane, and rows that one column, gathers at most before it is joined to the total: rounding errors stay small. */
  static constexpr int64_t kRun = 256;
  static constexpr int64_t kMaxLanes = 64;
  static constexpr int64_t kShortRow = 32;
  static constexpr int64_t kRowsAtOnce = 16;
  static constexpr int64_t kMaxWidth = 1024;
  /** Elements of the input that make a block. */
  static constexpr int64_t kBlock = 32768;
  static constexpr size_t kScratchSlot = 0x5ed00ce;

  template <int64_t numLanes, class T>
  static Total lanes(const T* x, int64_t count) {
    Lane lane[numLanes];
    for (int64_t l = 0; l < numLanes; l++) lane[l] = Reduction::start();
    int64_t i = 0;
    for (; i + numLanes <= count; i += numLanes) {
#pragma omp simd
      for (int64_t l = 0; l < numLanes; l++) lane[l] = Reduction::add(lane[l], x[i + l]);
    }
    for (int64_t l = 0; i + l < count; l++) lane[l] = Reduction::add(lane[l], x[i + l]);
    return Reduction::total(Reduction::start(), joined<numLanes>(lane));
  }

  /** All lanes as one, in pairs. */
  template <int64_t numLanes>
  static Lane joined(Lane* lane) {
    if constexpr (numLanes == 1) {
      return lane[0];
    } else {
      constexpr int64_t half = numLanes / 2;
#pragma omp simd
      for (int64_t l = 0; l < half; l++) lane[l] = Reduction::joined(lane[l], lane[l + half]);
      return joined<half>(lane);
    }
  }

  /** Neighbouring elements. */
  template <class T>
  static Total row(const T* x, int64_t count) {
    Total total = Reduction::start();
    if (count < 4 * kMaxLanes) return lanes<16>(x, count);
    for (int64_t from = 0; from < count; from += kRun * kMaxLanes) {
      total = Reduction::total(total, lanes<kMaxLanes>(x + from, std::min(count - from, kRun * kMaxLanes)));
    }
    return total;
  }

  /** Rows too short for vectors: kRowsAtOnce of them side by side. */
  template <class T, class Result, class Finish>
  static void shortRows(const T* x, Result* y, int64_t rows, int64_t count, Finish finish) {
    for (int64_t r = 0; r < rows; r += kRowsAtOnce) {
      Lane lane[kRowsAtOnce];
      const int64_t here = std::min(kRowsAtOnce, rows - r);
      // A last group that is not full repeats its first rows.
      const T* start = x + r * count;
      int32_t offset[kRowsAtOnce];
      for (int64_t l = 0; l < kRowsAtOnce; l++) {
        lane[l] = Reduction::start();
        offset[l] = static_cast<int32_t>(l % here * count);
      }
      for (int64_t i = 0; i < count; i++) {
#pragma omp simd
        for (int64_t l = 0; l < kRowsAtOnce; l++) lane[l] = Reduction::add(lane[l], start[offset[l] + i]);
      }
      for (int64_t l = 0; l < here; l++) y[r + l] = finish(Reduction::total(Reduction::start(), lane[l]));
    }
  }

  /** Columns of `rows` rows that lie `stride` apart, `width` <= kMaxWidth; gathered in runs. */
  template <class T>
  static void columns(const T* x, int64_t rows, int64_t stride, int64_t width, Total* totals) {
    std::fill(totals, totals + width, static_cast<Total>(Reduction::start()));
    // Narrow rows side by side are one wide row.
    const int64_t together = width == stride && width < 32 && rows >= 4 * (kMaxLanes / width) ? kMaxLanes / width : 1;
    const int64_t wide = width * together;
    Lane lane[kMaxWidth];
    for (int64_t from = 0; from < rows; from += kRun * together) {
      const int64_t to = std::min(from + kRun * together, rows);
      std::fill(lane, lane + wide, Reduction::start());
      int64_t r = from;
      for (; r + 4 * together <= to; r += 4 * together) {
        const T *x0 = x + r * stride, *x1 = x0 + together * stride, *x2 = x1 + together * stride, *x3 = x2 + together * stride;
#pragma omp simd
        for (int64_t c = 0; c < wide; c++) {
          const Lane first = Reduction::add(Reduction::add(Reduction::start(), x0[c]), x1[c]);
          const Lane second = Reduction::add(Reduction::add(Reduction::start(), x2[c]), x3[c]);
          lane[c] = Reduction::joined(lane[c], Reduction::joined(first, second));
        }
      }
      for (; r < to; r++) {
#pragma omp simd
        for (int64_t c = 0; c < width; c++) lane[c] = Reduction::add(lane[c], x[r * stride + c]);
      }
      for (int64_t c = 0; c < wide; c += width) {
        for (int64_t i = 0; i < width; i++) totals[i] = Reduction::total(totals[i], lane[c + i]);
      }
    }
  }

  /** y [outer, inner] = finish(reduction of x [outer, count, inner] over count) */
  template <class T, class Result, class Finish>
  static void run(const T* x, Result* y, int64_t outer, int64_t count, int64_t inner, Finish finish) {
    if (inner == 1 && count < kShortRow) {
      return parallelFor(outer, kLightGrain / count, [=](int64_t begin, int64_t end) { shortRows(x + begin * count, y + begin, end - begin, count, finish); });
    }
    const int64_t widths = (inner + kMaxWidth - 1) / kMaxWidth;
    // Few long rows or columns are cut; as to where, only sizes decide.
    const int64_t perBlock = outer * widths >= 16 ? count : std::max(kRun, kBlock / std::min(inner, kMaxWidth));
    const int64_t blocks = (count + perBlock - 1) / perBlock;
    const int64_t grain = std::max<int64_t>(1, kLightGrain / (std::min(perBlock, count) * std::min(inner, kMaxWidth)));
    Total* parts = blocks == 1 ? nullptr : reinterpret_cast<Total*>(scratch(kScratchSlot, outer * blocks * inner * (sizeof(Total) + 3) / 4));
    parallelFor(outer * blocks * widths, grain, [=](int64_t begin, int64_t end) {
      Total totals[kMaxWidth];
      for (int64_t task = begin; task < end; task++) {
        const int64_t width = task % widths, block = task / widths % blocks, o = task / widths / blocks;
        const int64_t from = block * perBlock, length = std::min(perBlock, count - from);
        const int64_t left = width * kMaxWidth, columnCount = std::min(kMaxWidth, inner - left);
        const T* start = x + (o * count + from) * inner + left;
        if (inner == 1) totals[0] = row(start, length);
        else columns(start, length, inner, columnCount, totals);
        if (parts != nullptr) std::copy(totals, totals + columnCount, parts + (o * blocks + block) * inner + left);
        else for (int64_t c = 0; c < columnCount; c++) y[o * inner + left + c] = finish(totals[c]);
      }
    });
    if (parts == nullptr) return;
    for (int64_t o = 0; o < outer; o++) {
      for (int64_t c = 0; c < inner; c++) {
        Total total = Reduction::start();
        for (int64_t block = 0; block < blocks; block++) total = Reduction::total(total, parts[(o * blocks + block) * inner + c]);
        y[o * inner + c] = finish(total);
      }
    }
  }
};

}  // namespace snapfit
