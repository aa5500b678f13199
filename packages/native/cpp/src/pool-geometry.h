// Windows that slide over images `[batch, depth, height, width, channels]`; flat images have depth 1.
#pragma once

#include <algorithm>
#include <vector>

#include "call.h"
#include "float-vector.h"
#include "threads.h"

namespace snapfit {

/** Read from numbers in the order of `pool.ts`: batch, channels; of each axis: input, output, window, stride, padding in front. */
class PoolGeometry {
 public:
  static constexpr int64_t kMostNumbers = 2 + 3 * 5;

  struct Axis {
    int64_t in, out, window, stride, padding;
    /** The part of the window at `position` that lies inside. */
    int64_t begin(int64_t position) const { return std::max<int64_t>(0, position * stride - padding); }
    int64_t end(int64_t position) const { return std::min(in, position * stride - padding + window); }
  };

  explicit PoolGeometry(const Ints& numbers) : batch(numbers[0]), channels(numbers[1]) {
    for (int64_t axis = 0; axis < 3; axis++) {
      const int32_t* of = &numbers[2 + axis * 5];
      axes[axis] = {of[0], of[1], of[2], of[3], of[4]};
    }
  }

  int64_t batch, channels;
  Axis axes[3];

  int64_t inputCells() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t outputCells() const { return axes[0].out * axes[1].out * axes[2].out; }
  size_t inputLength() const { return batch * inputCells() * channels; }
  size_t outputLength() const { return batch * outputCells() * channels; }
  /** Rows of windows in the whole batch: the unit of parallel work. */
  int64_t rows() const { return batch * axes[0].out * axes[1].out; }
  /** Whether no cell of the input lies in two windows. */
  bool isDisjoint() const {
    return std::all_of(axes, axes + 3, [](const Axis& axis) { return axis.stride >= axis.window || axis.out == 1; });
  }
  /** Whether every cell of the input lies in a window. */
  bool coversInput() const {
    return std::all_of(axes, axes + 3, [](const Axis& axis) { return axis.stride <= axis.window && axis.end(axis.out - 1) == axis.in; });
  }

  /**
   * Calls `visit(y, cells, count)` for the windows of a range of rows: `y` is where the window's channels start in the output, `cells` where those of
   * its `count` cells inside of the input start, in row order.
   */
  template <class Visit>
  void forEachWindow(int64_t rowBegin, int64_t rowEnd, const Visit& visit) const {
    const auto& [depth, height, width] = axes;
    // A window may be far larger than the input.
    std::vector<int64_t> cells(std::min(depth.window, depth.in) * std::min(height.window, height.in) * std::min(width.window, width.in));
    for (int64_t row = rowBegin; row < rowEnd; row++) {
      const int64_t y = row % height.out, z = row / height.out % depth.out, image = row / height.out / depth.out;
      for (int64_t x = 0; x < width.out; x++) {
        int64_t count = 0;
        for (int64_t d = depth.begin(z); d < depth.end(z); d++) {
          for (int64_t h = height.begin(y); h < height.end(y); h++) {
            const int64_t line = ((image * depth.in + d) * height.in + h) * width.in;
            for (int64_t w = width.begin(x); w < width.end(x); w++) cells[count++] = (line + w) * channels;
          }
        }
        visit((row * width.out + x) * channels, cells.data(), count);
      }
    }
  }
};

/** Channels of one piece of work where windows overlap. */
constexpr int64_t kPoolBlock = 64;

/** Rows that are worth a thread. */
inline int64_t rowGrain(const PoolGeometry& g) {
  const int64_t perRow = g.axes[2].out * g.axes[0].window * g.axes[1].window * g.axes[2].window * g.channels;
  return 1 + 32768 / std::max<int64_t>(1, perRow);
}

/**
 * Calls `body(row begin, row end, channel begin, channel end)` in parallel, so that no two threads write to the same cell of the input: by rows where
 * windows are disjoint, else by images and blocks of channels.
 */
template <class Body>
void forRowsOrImages(const PoolGeometry& g, const Body& body) {
  if (g.isDisjoint()) {
    parallelFor(g.rows(), rowGrain(g), [&](int64_t begin, int64_t end) { body(begin, end, int64_t{0}, g.channels); });
    return;
  }
  const int64_t rowsOfImage = g.axes[0].out * g.axes[1].out;
  const int64_t blocks = (g.channels + kPoolBlock - 1) / kPoolBlock;
  parallelFor(g.batch * blocks, 1 + rowGrain(g) / rowsOfImage, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const int64_t image = item / blocks, first = item % blocks * kPoolBlock;
      body(image * rowsOfImage, (image + 1) * rowsOfImage, first, std::min(g.channels, first + kPoolBlock));
    }
  });
}

}  // namespace snapfit
