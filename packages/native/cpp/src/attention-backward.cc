// Gradients of attention. The weights are computed again from the scores and the saved logarithms of their sums.
#include "attention.h"
#include "threads.h"

namespace snapfit {
namespace {

using small::roundUp;

/** A result [length, width] of one head: added up in place, or in padded rows where the width is no whole number of lanes. */
struct HeadSum {
  HeadRows<float> to;
  small::Rows sums;
  int64_t length, width;

  HeadSum(const HeadRows<float>& rows, int64_t numRows, int64_t numColumns, float* padded) : to(rows), length(numRows), width(numColumns) {
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

/** Everything of one call, with operands and a gradient `dy` of type T; a thread works through whole heads. */
template <class T>
struct Backward {
  const Attention& s;
  T *q, *k, *v, *dy;
  float *output, *logSums, *dq, *dk, *dv;
  int64_t block, wideKeys, wideSize, wideV;

  int64_t memory() const {
    return Workspace::sizeOf(wideKeys * s.size) + Workspace::sizeOf(wideKeys * s.sizeV) + 2 * Workspace::sizeOf(block * wideKeys) +
           Workspace::sizeOf(wideKeys) + copyOf<T>(s.queries, s.size) + copyOf<T>(s.keys, s.size) + copyOf<T>(s.queries, s.sizeV) +
           copyOf<float>(s.queries, s.size) + copyOf<float>(s.keys, s.size) + copyOf<float>(s.keys, s.sizeV);
  }

  /**
   * Turns a row of scores into weights times dropout's factors, and the row of weight gradients into score gradients, with the row of `dy`:
   * factors of the products that follow.
   */
  void row(int64_t head, int64_t query, const float* dyRow, float* weights, float* gradients, int64_t width, float* factors) const {
    s.maskRow(head, query, weights, width);
    const HeadRows<float> outputRows = s.rows(output, s.output, head);
    // sum_j weight_j gradient_j = dy . output, dropout included
    const float mean = dot(dyRow, outputRows.data + query * outputRows.stride, s.sizeV);
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
    if constexpr (std::is_same_v<T, Bf16>) {
      roundRow(weights, width);
      roundRow(gradients, width);
    }
  }

  void run(int64_t begin, int64_t end, Workspace space) const {
    float* const packedKeys = space.take(wideKeys * s.size);
    float* const packedValues = space.take(wideKeys * s.sizeV);
    float* const weights = space.take(block * wideKeys);
    float* const gradients = space.take(block * wideKeys);
    float* const factors = space.take(wideKeys);
    std::fill(factors, factors + wideKeys, 0.0f);
    float* const spareQ = space.take(copyOf<T>(s.queries, s.size));
    float* const spareK = space.take(copyOf<T>(s.keys, s.size));
    float* const spareDy = space.take(copyOf<T>(s.queries, s.sizeV));
    float* const spareDq = space.take(copyOf<float>(s.queries, s.size));
    float* const spareDk = space.take(copyOf<float>(s.keys, s.size));
    float* const spareDv = space.take(copyOf<float>(s.keys, s.sizeV));
    for (int64_t head = begin; head < end; head++) {
      const HeadRows<T> qRows = s.rows(q, s.q, head), dyRows = s.rows(dy, s.output, head);
      const HeadRows<T> kRows = s.rows(k, s.k, head), vRows = s.rows(v, s.v, head);
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
        const auto rowsFrom = [&](const small::Right& rows) { return small::Left{rows.data + first * rows.stepStride, rows.stepStride, 1}; };
        const auto stepsFrom = [&](const small::Right& right) { return small::Right{right.data + first * right.stepStride, right.stepStride}; };
        small::product(count, width, s.size, rowsFrom(rightQ), {packedKeys, small::kPanel, small::kPanel * s.size}, s.scale, false, {weights, width});
        small::product(count, width, s.sizeV, rowsFrom(rightDy), {packedValues, small::kPanel, small::kPanel * s.sizeV}, 1.0f, false, {gradients, width});
        for (int64_t i = 0; i < count; i++) {
          row(head, first + i, stepsFrom(rightDy).data + i * rightDy.stepStride, weights + i * width, gradients + i * width, width, factors);
        }
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

template <class T>
void attendBackward(const Call& call, const Attention& s) {
  const Backward<T> backward{s,
                             s.tensor<T>(call, 0, s.q, s.queries, s.size),
                             s.tensor<T>(call, 1, s.k, s.keys, s.size),
                             s.tensor<T>(call, 2, s.v, s.keys, s.sizeV),
                             s.tensor<T>(call, 6, s.output, s.queries, s.sizeV),
                             s.tensor(call, 4, s.output, s.queries, s.sizeV),
                             call.floats(5, s.numHeads() * s.queries).data,
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

/**
 * attentionGradient(q, k, v, mask | undefined, output, logSums, dy, dq, dk, dv, geometry, scale, dropout's scale), each d laid out as its operand;
 * q, k, v and dy are all float32 or all bfloat16.
 */
void attentionGradient(Call& call) {
  const Attention s(call, 3, 10);
  if (call.typeOf(0) == napi_uint16_array) attendBackward<Bf16>(call, s);
  else attendBackward<float>(call, s);
}
SNAPFIT_EXPORT(attentionGradient);

}  // namespace
}  // namespace snapfit
