// Maximum and average over sliding windows.
#include <limits>

#include "pool-geometry.h"

namespace snapfit {
namespace {

PoolGeometry geometryOf(const Call& call, size_t index) { return PoolGeometry(call.ints(index, PoolGeometry::kMostNumbers)); }

/** Calls `vectors(x, y, cells, count)` for sixteen channels of a window at once, and `one` for each of the others. */
template <class T, class Vectors, class One>
void pool(const PoolGeometry& g, const T* x, T* y, const Vectors& vectors, const One& one) {
  parallelFor(g.rows(), rowGrain(g), [&](int64_t rowBegin, int64_t rowEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      int64_t c = 0;
      for (; c + kLanes <= g.channels; c += kLanes) store(y + at + c, vectors(x + c, cells, count));
      for (; c < g.channels; c++) y[at + c] = one(x + c, cells, count);
    });
  });
}

constexpr float kLeast = -std::numeric_limits<float>::infinity();

/** Calls `body(x, y)` with the first two arguments, float32 or bfloat16. */
template <class Body>
void withImages(const Call& call, const PoolGeometry& g, const Body& body) {
  withElements(call, 0, g.inputLength(), [&](auto* x) { body(x, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 1, g.outputLength())); });
}

/** maxPool(x, y, geometry): NaN is passed over, as on the cpu backend; a window without a number gives -infinity. */
void maxPool(Call& call) {
  const PoolGeometry g = geometryOf(call, 2);
  const auto vectors = [](const auto* from, const int64_t* cells, int64_t count) {
    FloatVector best = FloatVector{} + kLeast;
    for (int64_t i = 0; i < count; i++) {
      const FloatVector value = load(from + cells[i]);
      best = value > best ? value : best;
    }
    return best;
  };
  const auto one = [](const auto* from, const int64_t* cells, int64_t count) {
    float best = kLeast;
    for (int64_t i = 0; i < count; i++) {
      const float value = from[cells[i]];
      best = value > best ? value : best;
    }
    return best;
  };
  withImages(call, g, [&](auto* x, auto* y) { pool(g, x, y, vectors, one); });
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
        float best = kLeast;
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
  const auto average = [](auto zero, auto at, const int64_t* cells, int64_t count) {
    auto sum = zero;
    for (int64_t i = 0; i < count; i++) sum += at(cells[i]);
    return sum / static_cast<float>(std::max<int64_t>(count, 1));
  };
  const auto vectors = [&](const auto* from, const int64_t* cells, int64_t count) {
    return average(FloatVector{}, [=](int64_t cell) { return load(from + cell); }, cells, count);
  };
  const auto one = [&](const auto* from, const int64_t* cells, int64_t count) {
    return average(0.0f, [=](int64_t cell) { return static_cast<float>(from[cell]); }, cells, count);
  };
  withImages(call, g, [&](auto* x, auto* y) { pool(g, x, y, vectors, one); });
}
SNAPFIT_EXPORT(averagePool);

}  // namespace
}  // namespace snapfit
