// The one copy behind transpose, slice, concat, tile, reverse, split, pack and their like: an array of any rank is read and written with
// a stride for each axis.
#include <cstring>

#include "elements.h"
#include "threads.h"
#include "transpose-tile.h"

namespace snapfit {
namespace {

constexpr int kMaxRank = 16;
/** Rows of the target and columns of one piece of work of a transposition: four neighbouring lines of the source are read one after the other. */
constexpr int64_t kBand = 4 * kTile;
constexpr int64_t kPanel = 1024;

/** `count` elements at these distances in the source and in the target. */
struct Axis {
  int64_t count, from, to;
};

struct Axes {
  Axis axis[kMaxRank];
  int rank = 0;

  /** Appends an axis inside of the others; merges what is one run of memory on both sides. */
  void append(Axis inner) {
    if (inner.count == 1) return;
    if (rank > 0 && axis[rank - 1].from == inner.count * inner.from && axis[rank - 1].to == inner.count * inner.to) {
      axis[rank - 1] = {axis[rank - 1].count * inner.count, inner.from, inner.to};
    } else {
      axis[rank++] = inner;
    }
  }

  int64_t count() const {
    int64_t product = 1;
    for (int i = 0; i < rank; i++) product *= axis[i].count;
    return product;
  }

  /** Offsets of the `index`th element in row-major order. */
  Axis at(int64_t index) const {
    Axis offset{index, 0, 0};
    for (int i = rank - 1; i >= 0; i--) {
      const int64_t coordinate = index % axis[i].count;
      index /= axis[i].count;
      offset.from += coordinate * axis[i].from;
      offset.to += coordinate * axis[i].to;
    }
    return offset;
  }
};

template <class T>
inline void copyStrided(const T* from, int64_t fromStride, T* to, int64_t toStride, int64_t count) {
  if (toStride != 1) {
    for (int64_t i = 0; i < count; i++) to[i * toStride] = from[i * fromStride];
  } else if (fromStride == 1) {
    copyRow(from, to, count);
  } else if (fromStride == 0) {
    std::fill_n(to, count, *from);
  } else {
    for (int64_t i = 0; i < count; i++) to[i] = from[i * fromStride];
  }
}

/** Rows along the innermost axis. */
template <class T>
void copyRows(Axes axes, const T* from, T* to) {
  const Axis row = axes.axis[--axes.rank];
  const int64_t numRows = axes.count();
  if (numRows < 2 * numThreads()) {
    for (int64_t i = 0; i < numRows; i++) {
      const Axis start = axes.at(i);
      parallelFor(row.count, kMoveGrain, [&](int64_t begin, int64_t end) {
        copyStrided(from + start.from + begin * row.from, row.from, to + start.to + begin * row.to, row.to, end - begin);
      });
    }
    return;
  }
  // At least one axis is left, as there is more than one row.
  const Axis inner = axes.axis[--axes.rank];
  parallelFor(numRows, moveGrain(row.count), [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const Axis start = axes.at(begin / inner.count);
      const int64_t first = begin % inner.count;
      const int64_t last = std::min(inner.count, first + end - begin);
      for (int64_t i = first; i < last; i++) {
        copyStrided(from + start.from + i * inner.from, row.from, to + start.to + i * inner.to, row.to, row.count);
      }
      begin += last - first;
    }
  });
}

/** Where the innermost axis of the target is axis `across` of the source: square tiles, so that both sides are touched by whole cache lines. */
template <class T>
void copyTransposed(Axes axes, int across, const T* from, T* to) {
  const Axis columns = axes.axis[axes.rank - 1];
  const Axis rows = axes.axis[across];
  std::copy(axes.axis + across + 1, axes.axis + axes.rank - 1, axes.axis + across);
  axes.rank -= 2;
  const int64_t bands = (rows.count + kBand - 1) / kBand, panels = (columns.count + kPanel - 1) / kPanel;
  const int64_t itemLength = std::min(rows.count, kBand) * std::min(columns.count, kPanel);
  parallelFor(axes.count() * bands * panels, moveGrain(itemLength), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; item++) {
      const Axis start = axes.at(item / (bands * panels));
      const int64_t firstRow = item / panels % bands * kBand, lastRow = std::min(rows.count, firstRow + kBand);
      const int64_t firstColumn = item % panels * kPanel, lastColumn = std::min(columns.count, firstColumn + kPanel);
      for (int64_t column = firstColumn; column < lastColumn; column += kTile) {
        for (int64_t row = firstRow; row < lastRow; row += kTile) {
          transposeTile(from + start.from + row + column * columns.from, columns.from, std::min(kTile, lastColumn - column),
                        to + start.to + row * rows.to + column, rows.to, std::min(kTile, lastRow - row));
        }
      }
    }
  });
}

template <class T>
void copy(const Axes& axes, const T* from, T* to) {
  if (axes.rank == 0) {
    *to = *from;
    return;
  }
  const Axis& innermost = axes.axis[axes.rank - 1];
  if (innermost.to == 1 && innermost.from != 1) {
    for (int i = 0; i < axes.rank - 1; i++) {
      if (axes.axis[i].from == 1) return copyTransposed(axes, i, from, to);
    }
  }
  copyRows(axes, from, to);
}

/** Throws where an offset and strides lead out of an array. */
void requireInside(int64_t offset, const Ints& counts, const Ints& strides, int rank, size_t length) {
  int64_t least = offset, most = offset;
  for (int i = 0; i < rank; i++) (strides[i] < 0 ? least : most) += static_cast<int64_t>(counts[i] - 1) * strides[i];
  if (least < 0 || most >= static_cast<int64_t>(length)) {
    throw CallError("internal: a native copy reaches elements " + std::to_string(least) + " to " + std::to_string(most) + " of an array of " + std::to_string(length) + ".");
  }
}

/**
 * stridedCopy(from, to, [rank, offset in from, offset in to, counts…, strides in from…, strides in to…]): arrays of equal element size that
 * do not overlap. Axes are in the order of the target, outermost first; strides in `from` may be 0 or negative.
 */
void stridedCopy(Call& call) {
  const Elements from = elements(call, 0), to = elements(call, 1);
  requireSameSize(from, to);
  const Ints p = call.ints(2, 3);
  const int rank = p[0];
  if (rank < 0 || rank > kMaxRank) throw CallError("internal: a native copy has " + std::to_string(rank) + " axes.");
  const Ints counts{call.ints(2, 3 + 3 * rank).data + 3, 0}, fromStrides{counts.data + rank, 0}, toStrides{fromStrides.data + rank, 0};
  Axes axes;
  for (int i = 0; i < rank; i++) {
    if (counts[i] <= 0) return;
    axes.append({counts[i], fromStrides[i], toStrides[i]});
  }
  requireInside(p[1], counts, fromStrides, rank, from.length);
  requireInside(p[2], counts, toStrides, rank, to.length);
  withElementType(from.size, [&](auto zero) {
    using T = decltype(zero);
    copy(axes, from.as<T>() + p[1], to.as<T>() + p[2]);
  });
}
SNAPFIT_EXPORT(stridedCopy);

}  // namespace
}  // namespace snapfit
