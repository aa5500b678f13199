// Scaled dot-product attention, block of queries by block of queries: scores, softmax, dropout and their product with the values never leave the cache.
#include "attention.h"
#include "threads.h"

namespace snapfit {
namespace {

using small::roundUp;

/** Turns a row of masked scores into exponentials of what lies below the largest; returns that and the sum. */
struct RowSum {
  float largest, sum;
};

RowSum exponentials(float* scores, int64_t width) {
  const float found = largestOf(scores, width);
  // A row without a key has weights exp(-infinity - 0) = 0.
  const float largest = found == -INFINITY ? 0.0f : found;
  small::Lanes sums{};
  for (int64_t start = 0; start < width; start += small::kLanes) {
#pragma omp simd
    for (int i = 0; i < small::kLanes; i++) scores[start + i] = softmaxExp(scores[start + i] - largest);
    sums += small::load(scores + start);
  }
  return {largest, small::sumOf(sums)};
}

/** With operands of type T. */
template <class T>
void attend(const Call& call, const Attention& s) {
  constexpr bool isBf16 = std::is_same_v<T, Bf16>;
  T* const q = s.tensor<T>(call, 0, s.q, s.queries, s.size);
  T* const k = s.tensor<T>(call, 1, s.k, s.keys, s.size);
  T* const v = s.tensor<T>(call, 2, s.v, s.keys, s.sizeV);
  float* const output = s.tensor(call, 4, s.output, s.queries, s.sizeV);
  const Floats logSums = call.floats(5, s.numHeads() * s.queries);
  const int64_t numBlocks = (s.queries + kQueryBlock - 1) / kQueryBlock;
  const int64_t block = std::min(s.queries, kQueryBlock), wideKeys = roundUp(s.keys, small::kPanel), wideV = roundUp(s.sizeV, small::kLanes);
  const bool isDirect = isWhole(s.sizeV);
  const int64_t queryCopy = isBf16 ? copyOf<T>(block, s.size) : 0, valueCopy = copyOf<T>(s.keys, s.sizeV);
  const int64_t perThread = Workspace::sizeOf(wideKeys * s.size) + Workspace::sizeOf(block * wideKeys) + Workspace::sizeOf(wideKeys) + queryCopy +
                            valueCopy + copyOf<float>(block, s.sizeV);
  float* const memory = scratch(static_cast<size_t>(Kind::kAttention), perThread * numThreads());
  const int64_t workOfBlock = block * (s.keys + 1) * (s.size + s.sizeV + 16);
  parallelFor(s.numHeads() * numBlocks, 1 + 1000000 / (1 + workOfBlock), [&](int64_t begin, int64_t end) {
    Workspace space(memory + perThread * omp_get_thread_num());
    float* const packedKeys = space.take(wideKeys * s.size);
    float* const scores = space.take(block * wideKeys);
    float* const factors = space.take(wideKeys);
    float* const copiedQueries = space.take(queryCopy);
    float* const paddedV = space.take(valueCopy);
    float* const paddedOutput = space.take(copyOf<float>(block, s.sizeV));
    std::fill(factors, factors + wideKeys, 0.0f);
    int64_t packedHead = -1;
    small::Right values{};
    for (int64_t item = begin; item < end; item++) {
      const int64_t head = item / numBlocks, first = item % numBlocks * kQueryBlock, count = std::min(kQueryBlock, s.queries - first);
      if (head != packedHead) {
        const HeadRows<T> keyRows = s.rows(k, s.k, head);
        small::packColumns(keyRows.data, keyRows.stride, s.keys, s.size, packedKeys);
        values = rightOf(s.rows(v, s.v, head), s.keys, s.sizeV, paddedV);
        packedHead = head;
      }
      const int64_t numKeys = s.keysBefore(first + count), width = roundUp(numKeys, small::kPanel);
      const HeadRows<T> queryRows = s.rows(q, s.q, head);
      const HeadRows<float> outputRows = s.rows(output, s.output, head);
      small::Left left{copiedQueries, roundUp(s.size, small::kLanes), 1};
      if constexpr (isBf16) small::padRows(queryRows.data + first * queryRows.stride, queryRows.stride, count, s.size, copiedQueries, left.rowStride);
      else left = {queryRows.data + first * queryRows.stride, queryRows.stride, 1};
      small::product(count, width, s.size, left, {packedKeys, small::kPanel, small::kPanel * s.size}, s.scale, false, {scores, width});
      float largest[kQueryBlock], sums[kQueryBlock];
      for (int64_t row = 0; row < count; row++) {
        float* const weights = scores + row * width;
        s.maskRow(head, first + row, weights, width);
        const RowSum sum = exponentials(weights, width);
        largest[row] = sum.largest;
        sums[row] = sum.sum;
        if (s.dropout.isOn()) {
          s.rowFactors(head, first + row, factors);
#pragma omp simd
          for (int64_t i = 0; i < width; i++) weights[i] *= factors[i];
        }
        if constexpr (isBf16) roundRow(weights, width);
      }
      // The backward pass takes exp(score - log): with +infinity a row without a key gives 0 there as well.
      float* const logs = logSums.data + head * s.queries + first;
#pragma omp simd
      for (int64_t row = 0; row < count; row++) logs[row] = sums[row] == 0 ? INFINITY : largest[row] + fastLog(sums[row]);
      float* const firstRow = outputRows.data + first * outputRows.stride;
      const small::Rows to = isDirect ? small::Rows{firstRow, outputRows.stride} : small::Rows{paddedOutput, wideV};
      small::product(count, wideV, numKeys, {scores, width, 1}, values, 1.0f, false, to);
      for (int64_t row = 0; row < count; row++) {
        const float* from = to.data + row * to.stride;
        float* target = firstRow + row * outputRows.stride;
        const float inverse = sums[row] == 0 ? 0.0f : 1.0f / sums[row];
#pragma omp simd
        for (int64_t i = 0; i < s.sizeV; i++) target[i] = from[i] * inverse;
      }
    }
  });
}

/**
 * attention(q, k, v, mask | undefined, output, logSums [batch, heads, queries], geometry, scale, dropout's scale), with the geometry
 * [batch, heads, queries, keys, size, sizeV, isCausal, maskKind, 4 mask strides, key0, key1, threshold, and for each of q, k, v and the output:
 *  offset and strides of batch, heads and rows]. The operands are all float32 or all bfloat16: factors are bfloat16 then, the softmax's weights too.
 */
void attention(Call& call) {
  const Attention s(call, 3, 6);
  if (call.typeOf(0) == napi_uint16_array) attend<Bf16>(call, s);
  else attend<float>(call, s);
}
SNAPFIT_EXPORT(attention);

}  // namespace
}  // namespace snapfit
