// What the forward and the backward pass of attention share: shapes, layouts, masks and the rows of scores.
#pragma once

#include <algorithm>
#include <cmath>

#include "bf16.h"
#include "call.h"
#include "onednn.h"
#include "small-products.h"
#include "threefry.h"
#include "vector-math.h"

namespace snapfit {

/** Rows of scores that are in work at a time: with them goes the memory, never with queries x keys. */
constexpr int64_t kQueryBlock = 64;

/** One head of a tensor of float32, or of bfloat16: row i at data + i * stride. */
template <class T>
struct HeadRows {
  T* data;
  int64_t stride;
};

/** Where a tensor's heads lie: element (batch, head, row, column) at offset + batch * ofBatch + head * ofHead + row * ofRow + column. */
struct HeadView {
  int64_t offset, ofBatch, ofHead, ofRow;
};

/** The operands' shapes, in the order of the geometry from TypeScript. */
struct Attention {
  enum class MaskKind { kNone, kBool, kAdded };
  static constexpr size_t kGeometryLength = 31;

  int64_t batch, heads, queries, keys, size, sizeV;
  bool isCausal;
  MaskKind maskKind;
  /** Of the mask along batch, heads, queries and keys; 0 where it is broadcast, 1 at most along the keys. */
  int64_t maskStrides[4];
  DropoutMask dropout;
  HeadView q, k, v, output;
  float scale;
  const uint8_t* allowed = nullptr;
  const float* added = nullptr;

  /** Arguments: mask | undefined; from `geometry` on the geometry, scale, dropout's scale. */
  Attention(const Call& call, size_t mask, size_t geometry) {
    const int32_t* next = call.ints(geometry, kGeometryLength).data;
    for (int64_t* field : {&batch, &heads, &queries, &keys, &size, &sizeV}) *field = *next++;
    isCausal = *next++ != 0;
    maskKind = static_cast<MaskKind>(*next++);
    for (int64_t& stride : maskStrides) stride = *next++;
    dropout = {{static_cast<uint32_t>(next[0]), static_cast<uint32_t>(next[1])}, next[2], static_cast<float>(call.number(geometry + 2))};
    next += 3;
    for (HeadView* view : {&q, &k, &v, &output}) {
      *view = {next[0], next[1], next[2], next[3]};
      next += 4;
    }
    scale = static_cast<float>(call.number(geometry + 1));
    const int64_t lengths[4] = {batch, heads, queries, keys};
    size_t least = 1;
    for (int i = 0; i < 4; i++) least += lengths[i] == 0 ? 0 : (lengths[i] - 1) * maskStrides[i];
    if (maskKind == MaskKind::kBool) allowed = call.bytes(mask, least).data;
    if (maskKind == MaskKind::kAdded) added = call.floats(mask, least).data;
  }

  int64_t numHeads() const { return batch * heads; }

  /** An argument that holds all heads of `length` rows, each `width` wide. */
  template <class T = float>
  T* tensor(const Call& call, size_t index, const HeadView& view, int64_t length, int64_t width) const {
    const bool isEmpty = numHeads() * length * width == 0;
    const int64_t end = view.offset + (batch - 1) * view.ofBatch + (heads - 1) * view.ofHead + (length - 1) * view.ofRow + width;
    return elementsLike<T>(call, index, isEmpty ? 0 : end);
  }

  /** Head number `head`, over batch and heads. */
  template <class T>
  HeadRows<T> rows(T* tensor, const HeadView& view, int64_t head) const {
    return {tensor + view.offset + head / heads * view.ofBatch + head % heads * view.ofHead, view.ofRow};
  }

  /** Keys that the queries before `end` may attend: causal is aligned at the first query and the first key, as in PyTorch. */
  int64_t keysBefore(int64_t end) const { return isCausal ? std::min(keys, end) : keys; }

  /** Applies the masks to one row of scores, `width` long: what may not be attended, and the filling, becomes -infinity. */
  void maskRow(int64_t head, int64_t query, float* scores, int64_t width) const {
    const int64_t limit = keysBefore(query + 1);
    const int64_t first = head / heads * maskStrides[0] + head % heads * maskStrides[1] + query * maskStrides[2], step = maskStrides[3];
    if (maskKind == MaskKind::kBool) {
      const uint8_t* from = allowed + first;
      if (step == 0) {
        if (*from == 0) std::fill(scores, scores + limit, -INFINITY);
      } else {
#pragma omp simd
        for (int64_t i = 0; i < limit; i++) scores[i] = from[i] != 0 ? scores[i] : -INFINITY;
      }
    } else if (maskKind == MaskKind::kAdded) {
      const float* from = added + first;
      if (step == 0) {
        for (int64_t i = 0; i < limit; i++) scores[i] += *from;
      } else {
#pragma omp simd
        for (int64_t i = 0; i < limit; i++) scores[i] += from[i];
      }
    }
    std::fill(scores + limit, scores + width, -INFINITY);
  }

  /** Dropout's factors of a row; what follows the keys is left as it was. */
  void rowFactors(int64_t head, int64_t query, float* factors) const {
    fillFactors(dropout, static_cast<uint64_t>((head * queries + query) * keys), keysBefore(query + 1), factors);
  }
};

/** The largest of a row whose length is a multiple of kPanel; NaN is passed over. */
inline float largestOf(const float* row, int64_t width) {
  using small::Lanes;
  Lanes first = Lanes{} - INFINITY, second = first;
  for (int64_t i = 0; i < width; i += small::kPanel) {
    const Lanes a = small::load(row + i), b = small::load(row + i + small::kLanes);
    first = a > first ? a : first;
    second = b > second ? b : second;
  }
  return small::largestOf(first > second ? first : second);
}

/** e^x for x <= 88 to 2e-7, cheaper than fastExp; 0 below -88, NaN for NaN. */
inline float softmaxExp(float x) {
  const float c = x < -88.1f ? -88.1f : x;
  // x = n ln 2 + r; adding 1.5 * 2^23 rounds to whole numbers and leaves n in the lowest bits.
  const float shifted = c * 1.44269504f + 12582912.0f;
  const float r = c - (shifted - 12582912.0f) * 0.693147181f;
  // e^r = 1 + r + r^2 p(r): least largest error for |r| <= ln 2 / 2
  float p = 8.31252057e-3f;
  p = p * r + 4.18901592e-2f;
  p = p * r + 1.66671142e-1f;
  p = p * r + 4.99992311e-1f;
  const float mantissa = p * (r * r) + (r + 1.0f);
  // 2^n from its bits: n = -127 gives 0.
  return mantissa * floatOf(static_cast<int32_t>((static_cast<uint32_t>(bitsOf(shifted)) << 23) + 0x3f800000u));
}

/** Whether float32 rows of this width serve as right operands and results where they lie: other lengths need copies in whole lanes. */
inline bool isWhole(int64_t width) { return width % small::kLanes == 0; }

/** Memory of one thread, handed out in pieces that start at cache lines. */
class Workspace {
 public:
  explicit Workspace(float* memory) : next_(memory) {}
  static int64_t sizeOf(int64_t numFloats) { return small::roundUp(numFloats, 16); }
  /** Null for nothing. */
  float* take(int64_t numFloats) {
    if (numFloats == 0) return nullptr;
    float* const taken = next_;
    next_ += sizeOf(numFloats);
    return taken;
  }

 private:
  float* next_;
};

/** Floats of a copy with rows of whole lanes, where operands of type T do not serve themselves. */
template <class T>
int64_t copyOf(int64_t length, int64_t width) {
  return std::is_same_v<T, float> && isWhole(width) ? 0 : Workspace::sizeOf(length * small::roundUp(width, small::kLanes));
}

/** A right operand that lies row by row, or its copy in `padded`. */
template <class T>
small::Right rightOf(const HeadRows<T>& rows, int64_t length, int64_t width, float* padded) {
  if constexpr (std::is_same_v<T, float>) {
    if (padded == nullptr) return {rows.data, rows.stride};
  }
  const int64_t wide = small::roundUp(width, small::kLanes);
  small::padRows(rows.data, rows.stride, length, width, padded, wide);
  return {padded, wide};
}

}  // namespace snapfit
