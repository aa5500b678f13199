// Rows by index: gather and gatherNd.
#include "elements.h"
#include "threads.h"

namespace snapfit {
namespace {

/**
 * gather(values, ids, to, [batch, outer, dim, slice, ids of a batch]): values [batch, outer, dim, slice], ids [batch, idsOfABatch], each in
 * [0, dim), to [batch, outer, idsOfABatch, slice]. Returns the position of the first id out of range, or -1; then nothing is written.
 */
void gather(Call& call) {
  const Ints p = call.ints(3, 5);
  const int64_t batch = p[0], outer = p[1], dim = p[2], slice = p[3], idsPerBatch = p[4];
  const Elements values = elements(call, 0, batch * outer * dim * slice), to = elements(call, 2, batch * outer * idsPerBatch * slice);
  requireSameSize(values, to);
  const Ints ids = call.ints(1, batch * idsPerBatch);
  for (int64_t i = 0; i < batch * idsPerBatch; i++) {
    if (ids[i] < 0 || ids[i] >= dim) return call.returns(static_cast<double>(i));
  }
  withElementType(values.size, [&](auto zero) {
    using T = decltype(zero);
    const T* const from = values.as<T>();
    T* const target = to.as<T>();
    parallelFor(batch * outer * idsPerBatch, moveGrain(slice), [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t group = begin / idsPerBatch, first = begin % idsPerBatch;
        const int64_t last = std::min(idsPerBatch, first + end - begin);
        const T* const rows = from + group * dim * slice;
        T* const results = target + group * idsPerBatch * slice;
        const int32_t* const groupIds = ids.data + group / outer * idsPerBatch;
        if (slice == 1) {
          for (int64_t i = first; i < last; i++) results[i] = rows[groupIds[i]];
        } else {
          for (int64_t i = first; i < last; i++) copyRow(rows + groupIds[i] * slice, results + i * slice, slice);
        }
        begin += last - first;
      }
    });
  });
  call.returns(-1);
}
SNAPFIT_EXPORT(gather);

/**
 * flatIndices(indices, flat, [count, depth, limit, strides…]): flat[i] = sum over j of indices[i][j] strides[j]. Returns the first i whose
 * result is not in [0, limit), or -1.
 */
void flatIndices(Call& call) {
  const Ints head = call.ints(2, 3);
  const int64_t count = head[0], depth = head[1], limit = head[2];
  const int32_t* const strides = call.ints(2, 3 + depth).data + 3;
  const Ints indices = call.ints(0, count * depth), flat = call.ints(1, count);
  for (int64_t i = 0; i < count; i++) {
    int64_t sum = 0;
    for (int64_t j = 0; j < depth; j++) sum += static_cast<int64_t>(indices[i * depth + j]) * strides[j];
    if (sum < 0 || sum >= limit) return call.returns(static_cast<double>(i));
    flat[i] = static_cast<int32_t>(sum);
  }
  call.returns(-1);
}
SNAPFIT_EXPORT(flatIndices);

}  // namespace
}  // namespace snapfit
