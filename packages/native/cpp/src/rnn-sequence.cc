#include "rnn-sequence.h"

#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Tells the two products of this file apart in the cache of primitives. */
enum : int64_t { kProjection = 1, kWeightGradient = 2 };

template <class T>
constexpr DType kTypeOf = std::is_same_v<T, Bf16> ? kBf16 : kF32;

/** gates[rows, width] = x[rows, features] x kernel[features, width] + bias (or none) */
template <class T>
void projectAll(const T* x, const T* kernel, const float* bias, float* gates, int64_t rows, int64_t features, int64_t width) {
  const ThreadScope threads(static_cast<double>(rows) * features * width);
  const Key key = {static_cast<int64_t>(Kind::kRnn), kProjection, rows, features, width, bias != nullptr, static_cast<int64_t>(kTypeOf<T>)};
  Primitive& ready = primitive(key, [&](Primitive& made) {
    const Desc left({rows, features}, kTypeOf<T>, Tag::ab), right({features, width}, kTypeOf<T>, Tag::ab), result({rows, width}, kF32, Tag::ab);
    const Desc row({1, width}, kF32, Tag::ab);
    makeProduct(made, left, right, result, bias != nullptr ? &row : nullptr);
  });
  if (bias != nullptr) ready.run({x, kernel, gates, bias});
  else ready.run({x, kernel, gates});
}

/** See rnnWeightGradient. */
template <class T>
void weightGradient(const T* inputs, const T* gateGradients, float* gradient, const Ints& p) {
  const int64_t rows = p[0], m = p[1], width = p[2], first = p[3], count = p[4];
  if (first + count > width) throw CallError("rnnWeightGradient: columns beyond the last gate");
  const ThreadScope threads(static_cast<double>(rows) * m * count);
  const Key key = {static_cast<int64_t>(Kind::kRnn), kWeightGradient, rows, m, width, count, static_cast<int64_t>(kTypeOf<T>)};
  Primitive& ready = primitive(key, [&](Primitive& made) {
    const Desc left({m, rows}, kTypeOf<T>, Tag::ba), right({rows, count}, kTypeOf<T>, Dims{width, 1}), result({m, count}, kF32, Dims{width, 1});
    makeProduct(made, left, right, result, nullptr);
  });
  ready.run({inputs, gateGradients + first, gradient + first});
}

/** Kernels of inputs and states that stay in a core's second cache together. */
constexpr int64_t kMostCachedFloats = 400000;

}  // namespace

template <class T>
RnnInputs::RnnInputs(const RnnShape& shape, int64_t width, const T* x, const T* kernel, const float* bias, float* gates)
    : shape_(shape), width_(width), bias_(bias), gates_(gates) {
  const int64_t features = shape.features;
  if constexpr (std::is_same_v<T, float>) {
    // Step by step the gates are in the first cache when the state's part comes.
    if (features > 0 && (features + shape.units) * width <= kMostCachedFloats) {
      x_ = x;
      kernel_.emplace(scratch(kRnnInputWeights, Panels::size(features, width)), kernel, width, features, width, false);
      return;
    }
  }
  projectAll(x, kernel, bias, gates, shape.batch * shape.time, features, width);
}
template RnnInputs::RnnInputs(const RnnShape&, int64_t, const float*, const float*, const float*, float*);
template RnnInputs::RnnInputs(const RnnShape&, int64_t, const Bf16*, const Bf16*, const float*, float*);

void RnnInputs::project(int64_t t, int64_t begin, int64_t end) const {
  if (!kernel_) return;
  const int64_t time = shape_.time;
  float* gates = gates_ + (begin * time + t) * width_;
  kernel_->multiply({x_ + (begin * time + t) * shape_.features, time * shape_.features}, end - begin, {bias_, 0}, gates, time * width_);
}

/**
 * rnnWeightGradient(inputs [rows, m], gateGradients [rows, width], gradient [m, width], [rows, m, width, first, count]): the columns from `first`
 * of gradient = inputs^T x gateGradients, `count` of them. The factors are both float32 or both bfloat16.
 */
static void rnnWeightGradient(Call& call) {
  const Ints p = call.ints(3, 5);
  const int64_t rows = p[0], m = p[1], width = p[2];
  withElements(call, 0, rows * m, [&](auto* inputs) {
    using T = std::remove_pointer_t<decltype(inputs)>;
    weightGradient<T>(inputs, elementsLike<T>(call, 1, rows * width), call.floats(2, m * width).data, p);
  });
}
SNAPFIT_EXPORT(rnnWeightGradient);

}  // namespace snapfit
