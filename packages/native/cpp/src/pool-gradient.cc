// Gradients of maximum and average over sliding windows.
#include <limits>

#include "pool-geometry.h"

namespace snapfit {
namespace {

PoolGeometry geometryOf(const Call& call, size_t index) { return PoolGeometry(call.ints(index, PoolGeometry::kMostNumbers)); }

/** Clears the gradient of the input, unless each of its elements is written exactly once. */
void clear(const PoolGeometry& g, float* dx) {
  if (g.isDisjoint() && g.coversInput()) return;
  parallelFor(static_cast<int64_t>(g.inputLength()), 65536, [&](int64_t begin, int64_t end) { std::fill(dx + begin, dx + end, 0.0f); });
}

/** maxPoolGradient(dy, x, dx, geometry): the first largest element of a window, in row order, gets its gradient. */
void maxPoolGradient(Call& call) {
  const PoolGeometry g = geometryOf(call, 3);
  const float* dy = call.floats(0, g.outputLength()).data;
  const float* x = call.floats(1, g.inputLength()).data;
  float* dx = call.floats(2, g.inputLength()).data;
  clear(g, dx);
  const bool isDisjoint = g.isDisjoint();
  forRowsOrImages(g, [&](int64_t rowBegin, int64_t rowEnd, int64_t channelBegin, int64_t channelEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      forChannelBlocks(channelBegin, channelEnd, [&](int64_t first, auto length) {
        float best[kPoolBlock];
        int32_t position[kPoolBlock];
        std::fill_n(best, kPoolBlock, -std::numeric_limits<float>::infinity());
        std::fill_n(position, kPoolBlock, -1);
        for (int64_t i = 0; i < count; i++) {
          const float* cell = x + cells[i] + first;
          const int32_t here = static_cast<int32_t>(i);
#pragma omp simd
          for (int64_t c = 0; c < length; c++) {
            const bool isLarger = cell[c] > best[c];
            best[c] = isLarger ? cell[c] : best[c];
            position[c] = isLarger ? here : position[c];
          }
        }
        const float* gradient = dy + at + first;
        for (int64_t i = 0; i < count; i++) {
          float* cell = dx + cells[i] + first;
          const int32_t here = static_cast<int32_t>(i);
          if (isDisjoint) {
#pragma omp simd
            for (int64_t c = 0; c < length; c++) cell[c] = position[c] == here ? gradient[c] : 0.0f;
          } else {
#pragma omp simd
            for (int64_t c = 0; c < length; c++) cell[c] += position[c] == here ? gradient[c] : 0.0f;
          }
        }
      });
    });
  });
}
SNAPFIT_EXPORT(maxPoolGradient);

/** averagePoolGradient(dy, dx, geometry): an equal share for each cell of the window inside of the input. */
void averagePoolGradient(Call& call) {
  const PoolGeometry g = geometryOf(call, 2);
  const float* dy = call.floats(0, g.outputLength()).data;
  float* dx = call.floats(1, g.inputLength()).data;
  clear(g, dx);
  const bool isDisjoint = g.isDisjoint();
  forRowsOrImages(g, [&](int64_t rowBegin, int64_t rowEnd, int64_t channelBegin, int64_t channelEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      const float divisor = static_cast<float>(count);
      forChannelBlocks(channelBegin, channelEnd, [&](int64_t first, auto length) {
        float share[kPoolBlock];
#pragma omp simd
        for (int64_t c = 0; c < length; c++) share[c] = dy[at + first + c] / divisor;
        for (int64_t i = 0; i < count; i++) {
          float* cell = dx + cells[i] + first;
          if (isDisjoint) {
            std::copy_n(share, static_cast<int64_t>(length), cell);
          } else {
#pragma omp simd
            for (int64_t c = 0; c < length; c++) cell[c] += share[c];
          }
        }
      });
    });
  });
}
SNAPFIT_EXPORT(averagePoolGradient);

}  // namespace
}  // namespace snapfit
