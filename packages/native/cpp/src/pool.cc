// Maximum and average over sliding windows.
#include <limits>

#include "pool-geometry.h"

namespace snapfit {
namespace {

PoolGeometry geometryOf(const Call& call, size_t index) { return PoolGeometry(call.ints(index, PoolGeometry::kMostNumbers)); }

/** maxPool(x, y, geometry): NaN is passed over, as on the cpu backend; a window without a number gives -infinity. */
void maxPool(Call& call) {
  const PoolGeometry g = geometryOf(call, 2);
  const float* x = call.floats(0, g.inputLength()).data;
  float* y = call.floats(1, g.outputLength()).data;
  parallelFor(g.rows(), rowGrain(g), [&](int64_t rowBegin, int64_t rowEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      forChannelBlocks(0, g.channels, [&](int64_t first, auto length) {
        float best[kPoolBlock];
        std::fill_n(best, kPoolBlock, -std::numeric_limits<float>::infinity());
        for (int64_t i = 0; i < count; i++) {
          const float* cell = x + cells[i] + first;
#pragma omp simd
          for (int64_t c = 0; c < length; c++) best[c] = cell[c] > best[c] ? cell[c] : best[c];
        }
        std::copy_n(best, static_cast<int64_t>(length), y + at + first);
      });
    });
  });
}
SNAPFIT_EXPORT(maxPool);

/** maxPoolWithPositions(x, y, positions: Int32Array, geometry, whether positions count from the start of the batch): of the first maximum, or -1. */
void maxPoolWithPositions(Call& call) {
  const PoolGeometry g = geometryOf(call, 3);
  const float* x = call.floats(0, g.inputLength()).data;
  float* y = call.floats(1, g.outputLength()).data;
  int32_t* positions = call.ints(2, g.outputLength()).data;
  const int64_t imageLength = call.flag(4) ? 0 : g.inputCells() * g.channels;
  const int64_t rowsOfImage = g.axes[0].out * g.axes[1].out;
  for (int64_t image = 0; image < g.batch; image++) {
    g.forEachWindow(image * rowsOfImage, (image + 1) * rowsOfImage, [&](int64_t at, const int64_t* cells, int64_t count) {
      for (int64_t c = 0; c < g.channels; c++) {
        float best = -std::numeric_limits<float>::infinity();
        int64_t position = -1;
        for (int64_t i = 0; i < count; i++) {
          if (!(x[cells[i] + c] > best)) continue;
          best = x[cells[i] + c];
          position = cells[i] + c - image * imageLength;
        }
        y[at + c] = best;
        positions[at + c] = static_cast<int32_t>(position);
      }
    });
  }
}
SNAPFIT_EXPORT(maxPoolWithPositions);

/** averagePool(x, y, geometry): of the cells inside of the input; 0 where there are none. */
void averagePool(Call& call) {
  const PoolGeometry g = geometryOf(call, 2);
  const float* x = call.floats(0, g.inputLength()).data;
  float* y = call.floats(1, g.outputLength()).data;
  parallelFor(g.rows(), rowGrain(g), [&](int64_t rowBegin, int64_t rowEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      const float divisor = static_cast<float>(std::max<int64_t>(count, 1));
      forChannelBlocks(0, g.channels, [&](int64_t first, auto length) {
        float sum[kPoolBlock] = {};
        for (int64_t i = 0; i < count; i++) {
          const float* cell = x + cells[i] + first;
#pragma omp simd
          for (int64_t c = 0; c < length; c++) sum[c] += cell[c];
        }
#pragma omp simd
        for (int64_t c = 0; c < length; c++) y[at + first + c] = sum[c] / divisor;
      });
    });
  });
}
SNAPFIT_EXPORT(averagePool);

}  // namespace
}  // namespace snapfit
