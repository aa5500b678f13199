// Sums into rows by index: the gradient of gather and embeddings, unsortedSegmentSum, scatterNd. Time grows with the ids, not with ids x rows.
#include <cstring>

#include "call.h"
#include "elements.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Columns that are worth a thread of their own: two cache lines. */
constexpr int64_t kLeastColumns = 32;

template <class T>
void addRow(const T* from, T* to, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

/**
 * Each element of the result is summed by one thread, in the order of the ids: the same bits whatever the threads. Threads share out groups,
 * or else columns; not rows, as ids of words crowd among the first.
 */
template <class T>
void scatterAdd(const T* values, const int32_t* ids, T* to, int64_t batch, int64_t outer, int64_t dim, int64_t slice, int64_t idsPerBatch) {
  const int64_t groups = batch * outer;
  parallelFor(groups * dim * slice, 4 * kMoveGrain, [&](int64_t begin, int64_t end) { std::memset(to + begin, 0, sizeof(T) * (end - begin)); });
  const int64_t strips = groups >= numThreads() ? 1 : std::max<int64_t>(1, slice / kLeastColumns);
  const int64_t stripWork = idsPerBatch * slice / strips;
  parallelFor(groups * strips, moveGrain(stripWork), [&](int64_t begin, int64_t end) {
    while (begin < end) {
      // All strips of this thread in a group are one run of columns.
      const int64_t group = begin / strips;
      const int64_t next = std::min(end, (group + 1) * strips);
      const int64_t firstColumn = slice * (begin - group * strips) / strips, numColumns = slice * (next - group * strips) / strips - firstColumn;
      const T* const from = values + group * idsPerBatch * slice + firstColumn;
      T* const rows = to + group * dim * slice + firstColumn;
      const int32_t* const groupIds = ids + group / outer * idsPerBatch;
      for (int64_t i = 0; i < idsPerBatch; i++) {
        if (groupIds[i] >= 0 && groupIds[i] < dim) addRow(from + i * slice, rows + groupIds[i] * slice, numColumns);
      }
      begin = next;
    }
  });
}

/**
 * segmentSum(values, ids, to, [batch, outer, dim, slice, ids of a batch]): values [batch, outer, idsOfABatch, slice], ids [batch, idsOfABatch],
 * to [batch, outer, dim, slice]: float32 or int32. Ids out of [0, dim) are left out.
 */
void segmentSum(Call& call) {
  const Ints p = call.ints(3, 5);
  const int64_t batch = p[0], outer = p[1], dim = p[2], slice = p[3], idsPerBatch = p[4];
  const size_t valuesLength = batch * outer * idsPerBatch * slice, toLength = batch * outer * dim * slice;
  const Ints ids = call.ints(1, batch * idsPerBatch);
  if (call.typeOf(0) == napi_int32_array) {
    // Wraps around without undefined behaviour, as JavaScript's arrays do.
    const auto* const values = reinterpret_cast<const uint32_t*>(call.ints(0, valuesLength).data);
    scatterAdd(values, ids.data, reinterpret_cast<uint32_t*>(call.ints(2, toLength).data), batch, outer, dim, slice, idsPerBatch);
  } else {
    scatterAdd<float>(call.floats(0, valuesLength).data, ids.data, call.floats(2, toLength).data, batch, outer, dim, slice, idsPerBatch);
  }
}
SNAPFIT_EXPORT(segmentSum);

/** scatterRows(values, ids, to, [count, slice]): to[ids[i]] = values[i], the last of equal ids wins. Ids are those that flatIndices() checked. */
void scatterRows(Call& call) {
  const Ints p = call.ints(3, 2);
  const int64_t count = p[0], slice = p[1];
  const Elements values = elements(call, 0, count * slice), to = elements(call, 2);
  requireSameSize(values, to);
  const Ints ids = call.ints(1, count);
  withElementType(values.size, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < count; i++) {
      elements(call, 2, (ids[i] + int64_t{1}) * slice);
      copyRow(values.as<T>() + i * slice, to.as<T>() + ids[i] * slice, slice);
    }
  });
}
SNAPFIT_EXPORT(scatterRows);

}  // namespace
}  // namespace snapfit
