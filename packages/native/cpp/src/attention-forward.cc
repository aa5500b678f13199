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

/**
 * attention(q, k, v, mask | undefined, output, logSums [batch, heads, queries], geometry, scale, dropout's scale), with the geometry
 * [batch, heads, queries, keys, size, sizeV, isCausal, maskKind, 4 mask strides, key0, key1, threshold, and for each of q, k, v and the output:
 *  offset and strides of batch, heads and rows]
 */
void attention(Call& call) {
  const Attention s(call, 3, 6);
  const Floats q = s.tensor(call, 0, s.q, s.queries, s.size), k = s.tensor(call, 1, s.k, s.keys, s.size);
  const Floats v = s.tensor(call, 2, s.v, s.keys, s.sizeV), output = s.tensor(call, 4, s.output, s.queries, s.sizeV);
  const Floats logSums = call.floats(5, s.numHeads() * s.queries);
  const int64_t numBlocks = (s.queries + kQueryBlock - 1) / kQueryBlock;
  const int64_t block = std::min(s.queries, kQueryBlock), wideKeys = roundUp(s.keys, small::kPanel), wideV = roundUp(s.sizeV, small::kLanes);
  const bool isDirect = isWhole(s.sizeV);
  const int64_t perThread = Workspace::sizeOf(wideKeys * s.size) + Workspace::sizeOf(block * wideKeys) + Workspace::sizeOf(wideKeys) +
                            (isDirect ? 0 : Workspace::sizeOf(s.keys * wideV) + Workspace::sizeOf(block * wideV));
  float* const memory = scratch(static_cast<size_t>(Kind::kAttention), perThread * numThreads());
  const int64_t workOfBlock = block * (s.keys + 1) * (s.size + s.sizeV + 16);
  parallelFor(s.numHeads() * numBlocks, 1 + 1000000 / (1 + workOfBlock), [&](int64_t begin, int64_t end) {
    Workspace space(memory + perThread * omp_get_thread_num());
    float* const packedKeys = space.take(wideKeys * s.size);
    float* const scores = space.take(block * wideKeys);
    float* const factors = space.take(wideKeys);
    float* const paddedV = isDirect ? nullptr : space.take(s.keys * wideV);
    float* const paddedOutput = isDirect ? nullptr : space.take(block * wideV);
    std::fill(factors, factors + wideKeys, 0.0f);
    int64_t packedHead = -1;
    small::Right values{};
    for (int64_t item = begin; item < end; item++) {
      const int64_t head = item / numBlocks, first = item % numBlocks * kQueryBlock, count = std::min(kQueryBlock, s.queries - first);
      if (head != packedHead) {
        const HeadRows keyRows = s.rows(k, s.k, head);
        small::packColumns(keyRows.data, keyRows.stride, s.keys, s.size, packedKeys);
        values = rightOf(s.rows(v, s.v, head), s.keys, s.sizeV, paddedV);
        packedHead = head;
      }
      const int64_t numKeys = s.keysBefore(first + count), width = roundUp(numKeys, small::kPanel);
      const HeadRows queryRows = s.rows(q, s.q, head), outputRows = s.rows(output, s.output, head);
      const small::Left left{queryRows.data + first * queryRows.stride, queryRows.stride, 1};
      small::product(count, width, s.size, left, {packedKeys, small::kPanel, small::kPanel * s.size}, s.scale, false, {scores, width});
      float largest[kQueryBlock], sums[kQueryBlock];
      for (int64_t row = 0; row < count; row++) {
        float* const weights = scores + row * width;
        s.maskRow(head, first + row, weights, width);
        const RowSum sum = exponentials(weights, width);
        largest[row] = sum.largest;
        sums[row] = sum.sum;
        if (!s.dropout.isOn()) continue;
        s.rowFactors(head, first + row, factors);
#pragma omp simd
        for (int64_t i = 0; i < width; i++) weights[i] *= factors[i];
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
SNAPFIT_EXPORT(attention);

}  // namespace
}  // namespace snapfit
