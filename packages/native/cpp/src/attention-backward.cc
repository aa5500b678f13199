// Gradients of attention. The weights are computed again from the scores and the saved logarithms of their sums.
#include "attention.h"
#include "threads.h"

namespace snapfit {
namespace {

using small::roundUp;

/** A result [length, width] of one head: added up in place, or in padded rows where the width is no whole number of lanes. */
struct HeadSum {
  HeadRows to;
  small::Rows sums;
  int64_t length, width;

  HeadSum(const HeadRows& rows, int64_t numRows, int64_t numColumns, float* padded) : to(rows), length(numRows), width(numColumns) {
    sums = padded == nullptr ? small::Rows{to.data, to.stride} : small::Rows{padded, roundUp(width, small::kLanes)};
  }
  void clear() const {
    for (int64_t row = 0; row < length; row++) std::fill_n(sums.data + row * sums.stride, width, 0.0f);
  }
  small::Rows from(int64_t row) const { return {sums.data + row * sums.stride, sums.stride}; }
  void finish() const {
    if (sums.data == to.data) return;
    for (int64_t row = 0; row < length; row++) std::copy_n(sums.data + row * sums.stride, width, to.data + row * to.stride);
  }
};

float dot(const float* a, const float* b, int64_t count) {
  small::Lanes sums{};
  int64_t i = 0;
  for (; i + small::kLanes <= count; i += small::kLanes) sums += small::load(a + i) * small::load(b + i);
  float sum = small::sumOf(sums);
  for (; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/** Everything of one call; a thread works through whole heads. */
struct Backward {
  const Attention& s;
  Floats q, k, v, output, logSums, dy, dq, dk, dv;
  int64_t block, wideKeys, wideSize, wideV;

  /** Floats of a copy with rows of whole lanes, where the operand itself does not serve. */
  static int64_t copyOf(int64_t length, int64_t width) { return isWhole(width) ? 0 : Workspace::sizeOf(length * roundUp(width, small::kLanes)); }
  int64_t memory() const {
    return Workspace::sizeOf(wideKeys * s.size) + Workspace::sizeOf(wideKeys * s.sizeV) + 2 * Workspace::sizeOf(block * wideKeys) +
           Workspace::sizeOf(wideKeys) + 2 * copyOf(s.queries, s.size) + 2 * copyOf(s.keys, s.size) +
           copyOf(s.queries, s.sizeV) + copyOf(s.keys, s.sizeV);
  }

  /** Turns a row of scores into weights times dropout's factors, and the row of weight gradients into score gradients. */
  void row(int64_t head, int64_t query, float* weights, float* gradients, int64_t width, float* factors) const {
    s.maskRow(head, query, weights, width);
    const HeadRows dyRows = s.rows(dy, s.output, head), outputRows = s.rows(output, s.output, head);
    // sum_j weight_j gradient_j = dy . output, dropout included
    const float mean = dot(dyRows.data + query * dyRows.stride, outputRows.data + query * outputRows.stride, s.sizeV);
    const float log = logSums[head * s.queries + query];
    if (s.dropout.isOn()) {
      s.rowFactors(head, query, factors);
#pragma omp simd
      for (int64_t i = 0; i < width; i++) {
        const float weight = softmaxExp(weights[i] - log);
        weights[i] = weight * factors[i];
        gradients[i] = weight * (gradients[i] * factors[i] - mean);
      }
    } else {
#pragma omp simd
      for (int64_t i = 0; i < width; i++) {
        const float weight = softmaxExp(weights[i] - log);
        weights[i] = weight;
        gradients[i] = weight * (gradients[i] - mean);
      }
    }
  }

  void run(int64_t begin, int64_t end, Workspace space) const {
    float* const packedKeys = space.take(wideKeys * s.size);
    float* const packedValues = space.take(wideKeys * s.sizeV);
    float* const weights = space.take(block * wideKeys);
    float* const gradients = space.take(block * wideKeys);
    float* const factors = space.take(wideKeys);
    std::fill(factors, factors + wideKeys, 0.0f);
    const auto spare = [&](int64_t length, int64_t width) {
      const int64_t numFloats = copyOf(length, width);
      return numFloats == 0 ? nullptr : space.take(numFloats);
    };
    float* const spareQ = spare(s.queries, s.size);
    float* const spareDq = spare(s.queries, s.size);
    float* const spareK = spare(s.keys, s.size);
    float* const spareDk = spare(s.keys, s.size);
    float* const spareDy = spare(s.queries, s.sizeV);
    float* const spareDv = spare(s.keys, s.sizeV);
    for (int64_t head = begin; head < end; head++) {
      const HeadRows qRows = s.rows(q, s.q, head), dyRows = s.rows(dy, s.output, head);
      const HeadRows kRows = s.rows(k, s.k, head), vRows = s.rows(v, s.v, head);
      small::packColumns(kRows.data, kRows.stride, s.keys, s.size, packedKeys);
      small::packColumns(vRows.data, vRows.stride, s.keys, s.sizeV, packedValues);
      const small::Right rightQ = rightOf(qRows, s.queries, s.size, spareQ), rightDy = rightOf(dyRows, s.queries, s.sizeV, spareDy);
      const small::Right rightK = rightOf(kRows, s.keys, s.size, spareK);
      const HeadSum sumQ(s.rows(dq, s.q, head), s.queries, s.size, spareDq);
      const HeadSum sumK(s.rows(dk, s.k, head), s.keys, s.size, spareDk);
      const HeadSum sumV(s.rows(dv, s.v, head), s.keys, s.sizeV, spareDv);
      // The first block of queries writes what the others add to, unless it does not see all keys.
      const bool isCleared = s.isCausal || s.queries == 0;
      if (isCleared) {
        sumK.clear();
        sumV.clear();
      }
      for (int64_t first = 0; first < s.queries; first += kQueryBlock) {
        const bool isAdded = isCleared || first > 0;
        const int64_t count = std::min(kQueryBlock, s.queries - first);
        const int64_t numKeys = s.keysBefore(first + count), width = roundUp(numKeys, small::kPanel);
        const auto rowsFrom = [&](const HeadRows& rows) { return small::Left{rows.data + first * rows.stride, rows.stride, 1}; };
        const auto stepsFrom = [&](const small::Right& right) { return small::Right{right.data + first * right.stepStride, right.stepStride}; };
        small::product(count, width, s.size, rowsFrom(qRows), {packedKeys, small::kPanel, small::kPanel * s.size}, s.scale, false, {weights, width});
        small::product(count, width, s.sizeV, rowsFrom(dyRows), {packedValues, small::kPanel, small::kPanel * s.sizeV}, 1.0f, false, {gradients, width});
        for (int64_t i = 0; i < count; i++) row(head, first + i, weights + i * width, gradients + i * width, width, factors);
        small::product(numKeys, wideV, count, {weights, 1, width}, stepsFrom(rightDy), 1.0f, isAdded, sumV.from(0));
        small::product(numKeys, wideSize, count, {gradients, 1, width}, stepsFrom(rightQ), s.scale, isAdded, sumK.from(0));
        small::product(count, wideSize, numKeys, {gradients, width, 1}, rightK, s.scale, false, sumQ.from(first));
      }
      sumQ.finish();
      sumK.finish();
      sumV.finish();
    }
  }
};

/** attentionGradient(q, k, v, mask | undefined, output, logSums, dy, dq, dk, dv, geometry, scale, dropout's scale), each d laid out as its operand. */
void attentionGradient(Call& call) {
  const Attention s(call, 3, 10);
  const Backward backward{s,
                          s.tensor(call, 0, s.q, s.queries, s.size),
                          s.tensor(call, 1, s.k, s.keys, s.size),
                          s.tensor(call, 2, s.v, s.keys, s.sizeV),
                          s.tensor(call, 4, s.output, s.queries, s.sizeV),
                          call.floats(5, s.numHeads() * s.queries),
                          s.tensor(call, 6, s.output, s.queries, s.sizeV),
                          s.tensor(call, 7, s.q, s.queries, s.size),
                          s.tensor(call, 8, s.k, s.keys, s.size),
                          s.tensor(call, 9, s.v, s.keys, s.sizeV),
                          std::min(s.queries, kQueryBlock),
                          roundUp(s.keys, small::kPanel),
                          roundUp(s.size, small::kLanes),
                          roundUp(s.sizeV, small::kLanes)};
  const int64_t perThread = backward.memory();
  float* const memory = scratch(static_cast<size_t>(Kind::kAttention), perThread * numThreads());
  const int64_t workOfHead = (s.queries + 1) * (s.keys + 1) * (3 * s.size + 2 * s.sizeV + 16);
  parallelFor(s.numHeads(), 1 + 1000000 / workOfHead,
              [&](int64_t begin, int64_t end) { backward.run(begin, end, Workspace(memory + perThread * omp_get_thread_num())); });
}
SNAPFIT_EXPORT(attentionGradient);

}  // namespace
}  // namespace snapfit
