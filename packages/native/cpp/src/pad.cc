// Padding by a constant, in one pass over the result.
#include "elements.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr int kMaxRank = 16;

/** An axis of the result: `before` elements of padding, `count` of the source, `after` of padding. */
struct PaddedAxis {
  int64_t before, count, after;
  int64_t length() const { return before + count + after; }
};

template <class T>
inline void fillRow(T* to, int64_t count, T value) {
  for (int64_t i = 0; i < count; i++) to[i] = value;
}

template <class T>
void padRows(const PaddedAxis* axes, int rank, const T* from, T* to, T value) {
  const PaddedAxis& row = axes[rank - 1];
  int64_t numRows = 1;
  for (int i = 0; i < rank - 1; i++) numRows *= axes[i].length();
  const int64_t length = row.length();
  parallelFor(numRows, moveGrain(length), [&](int64_t begin, int64_t end) {
    int64_t coordinate[kMaxRank + 1], rest = begin;
    for (int i = rank - 2; i >= 0; i--) {
      coordinate[i] = rest % axes[i].length();
      rest /= axes[i].length();
    }
    for (int64_t index = begin; index < end; index++) {
      int64_t source = 0;
      bool isInside = true;
      for (int i = 0; i < rank - 1; i++) {
        const int64_t place = coordinate[i] - axes[i].before;
        isInside = isInside && place >= 0 && place < axes[i].count;
        source = source * axes[i].count + place;
      }
      T* const target = to + index * length;
      if (isInside) {
        fillRow(target, row.before, value);
        copyRow(from + source * row.count, target + row.before, row.count);
        fillRow(target + row.before + row.count, row.after, value);
      } else {
        fillRow(target, length, value);
      }
      for (int i = rank - 2; i >= 0 && ++coordinate[i] == axes[i].length(); i--) coordinate[i] = 0;
    }
  });
}

/** pad(from, to, value: array of one element, [rank, before, count, after of each axis…]): a result of size 0 is not asked for. */
void pad(Call& call) {
  const Elements from = elements(call, 0), to = elements(call, 1), value = elements(call, 2, 1);
  requireSameSize(from, to);
  requireSameSize(value, to);
  const int rank = call.ints(3, 1)[0];
  const Ints p = call.ints(3, 1 + 3 * static_cast<size_t>(rank));
  if (rank < 0 || rank > kMaxRank) throw CallError("internal: a native pad has " + std::to_string(rank) + " axes.");
  PaddedAxis axes[kMaxRank + 1] = {{0, 1, 0}};
  int used = 1;
  int64_t sourceLength = 1, targetLength = 1;
  for (int i = 0; i < rank; i++) {
    const PaddedAxis axis = {p[1 + 3 * i], p[2 + 3 * i], p[3 + 3 * i]};
    sourceLength *= axis.count;
    targetLength *= axis.length();
    // Without padding of its own an axis only makes the elements of the one before it longer.
    PaddedAxis& outer = axes[used - 1];
    if (axis.before == 0 && axis.after == 0) outer = {outer.before * axis.count, outer.count * axis.count, outer.after * axis.count};
    else if (outer.before == 0 && outer.count == 1 && outer.after == 0) outer = axis;
    else axes[used++] = axis;
  }
  elements(call, 0, sourceLength);
  elements(call, 1, targetLength);
  withElementType(from.size, [&](auto zero) {
    using T = decltype(zero);
    padRows(axes, used, from.as<T>(), to.as<T>(), *value.as<T>());
  });
}
SNAPFIT_EXPORT(pad);

}  // namespace
}  // namespace snapfit
