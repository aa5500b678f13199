// Gradients of maximum and average over sliding windows.
#include <limits>

#include "pool-geometry.h"

namespace snapfit {
namespace {

PoolGeometry geometryOf(const Call& call, size_t index) { return PoolGeometry(call.ints(index, PoolGeometry::kMostNumbers)); }

/** Clears the gradient of the input, unless each of its elements is written exactly once. */
template <class T>
void clear(const PoolGeometry& g, T* dx) {
  if (g.isDisjoint() && g.coversInput()) return;
  parallelFor(static_cast<int64_t>(g.inputLength()), 65536, [&](int64_t begin, int64_t end) { std::fill(dx + begin, dx + end, T(0.0f)); });
}

/** Gives `dy` to the first largest of the cells at `x`, and 0 to the others, in place of what stands at `dx` or in addition to it. */
template <bool kAdds, class Gradient, class T, class To>
void toMaximum(const Gradient* dy, const T* x, To* dx, const int64_t* cells, int64_t count) {
  FloatVector best = FloatVector{} - std::numeric_limits<float>::infinity();
  IntVector position = IntVector{} - 1;
  for (int64_t i = 0; i < count; i++) {
    const FloatVector value = load(x + cells[i]);
    const IntVector isLarger = value > best;
    best = isLarger ? value : best;
    position = isLarger ? IntVector{} + static_cast<int32_t>(i) : position;
  }
  const FloatVector gradient = load(dy), zero = {};
  for (int64_t i = 0; i < count; i++) {
    const FloatVector share = position == IntVector{} + static_cast<int32_t>(i) ? gradient : zero;
    store(dx + cells[i], kAdds ? load(dx + cells[i]) + share : share);
  }
}

/** The same for one channel. */
template <bool kAdds, class Gradient, class T, class To>
void toMaximumOfOne(const Gradient* dy, const T* x, To* dx, const int64_t* cells, int64_t count) {
  float best = -std::numeric_limits<float>::infinity();
  int64_t position = -1;
  for (int64_t i = 0; i < count; i++) {
    if (!(x[cells[i]] > best)) continue;
    best = x[cells[i]];
    position = i;
  }
  if (!kAdds) {
    for (int64_t i = 0; i < count; i++) dx[cells[i]] = 0.0f;
  }
  if (position >= 0) dx[cells[position]] = dx[cells[position]] + *dy;
}

template <bool kAdds, class Gradient, class T, class To>
void maxPoolGradient(const PoolGeometry& g, const Gradient* dy, const T* x, To* dx) {
  forRowsOrImages(g, [&](int64_t rowBegin, int64_t rowEnd, int64_t channelBegin, int64_t channelEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      int64_t c = channelBegin;
      for (; c + kLanes <= channelEnd; c += kLanes) toMaximum<kAdds>(dy + at + c, x + c, dx + c, cells, count);
      for (; c < channelEnd; c++) toMaximumOfOne<kAdds>(dy + at + c, x + c, dx + c, cells, count);
    });
  });
}

/**
 * Calls `body(dy, x, dx)` with three arguments, float32 or bfloat16: dx is float32 where windows overlap, as the shares of a cell are added to it, else
 * as x.
 */
template <class Body>
void withGradient(const Call& call, const PoolGeometry& g, const Body& body) {
  withElements(call, 0, g.outputLength(), [&](auto* dy) {
    withElements(call, 1, g.inputLength(), [&](auto* x) {
      if (g.isDisjoint()) body(dy, x, elementsLike<std::remove_pointer_t<decltype(x)>>(call, 2, g.inputLength()));
      else body(dy, x, call.floats(2, g.inputLength()).data);
    });
  });
}

/** maxPoolGradient(dy, x, dx, geometry): the first largest element of a window, in row order, gets its gradient. */
void maxPoolGradient(Call& call) {
  const PoolGeometry g = geometryOf(call, 3);
  withGradient(call, g, [&](auto* dy, auto* x, auto* dx) {
    clear(g, dx);
    if (g.isDisjoint()) maxPoolGradient<false>(g, dy, x, dx);
    else maxPoolGradient<true>(g, dy, x, dx);
  });
}
SNAPFIT_EXPORT(maxPoolGradient);

template <bool kAdds, class Gradient, class To>
void averagePoolGradient(const PoolGeometry& g, const Gradient* dy, To* dx) {
  forRowsOrImages(g, [&](int64_t rowBegin, int64_t rowEnd, int64_t channelBegin, int64_t channelEnd) {
    g.forEachWindow(rowBegin, rowEnd, [&](int64_t at, const int64_t* cells, int64_t count) {
      const float divisor = static_cast<float>(count);
      int64_t c = channelBegin;
      for (; c + kLanes <= channelEnd; c += kLanes) {
        const FloatVector share = load(dy + at + c) / divisor;
        for (int64_t i = 0; i < count; i++) store(dx + cells[i] + c, kAdds ? load(dx + cells[i] + c) + share : share);
      }
      for (; c < channelEnd; c++) {
        const float share = dy[at + c] / divisor;
        for (int64_t i = 0; i < count; i++) dx[cells[i] + c] = kAdds ? dx[cells[i] + c] + share : share;
      }
    });
  });
}

/** averagePoolGradient(dy, dx, geometry): an equal share for each cell of the window inside of the input. */
void averagePoolGradient(Call& call) {
  const PoolGeometry g = geometryOf(call, 2);
  withElements(call, 0, g.outputLength(), [&](auto* dy) {
    withElements(call, 1, g.inputLength(), [&](auto* dx) {
      clear(g, dx);
      if (g.isDisjoint()) averagePoolGradient<false>(g, dy, dx);
      else averagePoolGradient<true>(g, dy, dx);
    });
  });
}
SNAPFIT_EXPORT(averagePoolGradient);

}  // namespace
}  // namespace snapfit
