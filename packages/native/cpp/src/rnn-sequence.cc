#include "rnn-sequence.h"

#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Tells the two products of this file apart in the cache of primitives. */
enum : int64_t { kProjection = 1, kWeightGradient = 2 };

/** gates[rows, width] = x[rows, features] x kernel[features, width] + bias (or none) */
void projectAll(const float* x, const float* kernel, const float* bias, float* gates, int64_t rows, int64_t features, int64_t width) {
  const ThreadScope threads(static_cast<double>(rows) * features * width);
  const Key key = {static_cast<int64_t>(Kind::kRnn), kProjection, rows, features, width, bias != nullptr};
  Primitive& ready = primitive(key, [&](Primitive& made) {
    const Desc left({rows, features}, kF32, Tag::ab), right({features, width}, kF32, Tag::ab), result({rows, width}, kF32, Tag::ab);
    const Desc row({1, width}, kF32, Tag::ab);
    const auto description = bias != nullptr ? dnnl::matmul::primitive_desc(engine(), left, right, row, result, userScratchpad())
                                             : dnnl::matmul::primitive_desc(engine(), left, right, result, userScratchpad());
    made.primitive = dnnl::matmul(description);
    made.implementation = description.impl_info_str();
    made.argument(DNNL_ARG_SRC, left);
    made.argument(DNNL_ARG_WEIGHTS, right);
    made.argument(DNNL_ARG_DST, result);
    if (bias != nullptr) made.argument(DNNL_ARG_BIAS, row);
    made.setScratchpad(description.scratchpad_desc());
  });
  if (bias != nullptr) ready.run({x, kernel, gates, bias});
  else ready.run({x, kernel, gates});
}

/** Kernels of inputs and states that stay in a core's second cache together. */
constexpr int64_t kMostCachedFloats = 400000;

}  // namespace

RnnInputs::RnnInputs(const RnnShape& shape, int64_t width, const float* x, const float* kernel, const float* bias, float* gates)
    : shape_(shape), width_(width), x_(x), bias_(bias), gates_(gates) {
  const int64_t features = shape.features;
  // Step by step the gates are in the first cache when the state's part comes.
  if (features > 0 && (features + shape.units) * width <= kMostCachedFloats) {
    kernel_.emplace(scratch(kRnnInputWeights, Panels::size(features, width)), kernel, width, features, width, false);
  } else {
    projectAll(x, kernel, bias, gates, shape.batch * shape.time, features, width);
  }
}

void RnnInputs::project(int64_t t, int64_t begin, int64_t end) const {
  if (!kernel_) return;
  const int64_t time = shape_.time;
  float* gates = gates_ + (begin * time + t) * width_;
  kernel_->multiply({x_ + (begin * time + t) * shape_.features, time * shape_.features}, end - begin, {bias_, 0}, gates, time * width_);
}

/**
 * rnnWeightGradient(inputs [rows, m], gateGradients [rows, width], gradient [m, width], [rows, m, width, first, count]): the columns from `first`
 * of gradient = inputs^T x gateGradients, `count` of them.
 */
static void rnnWeightGradient(Call& call) {
  const Ints p = call.ints(3, 5);
  const int64_t rows = p[0], m = p[1], width = p[2], first = p[3], count = p[4];
  if (first + count > width) throw CallError("rnnWeightGradient: columns beyond the last gate");
  const Floats inputs = call.floats(0, rows * m), gateGradients = call.floats(1, rows * width), gradient = call.floats(2, m * width);
  const ThreadScope threads(static_cast<double>(rows) * m * count);
  const Key key = {static_cast<int64_t>(Kind::kRnn), kWeightGradient, rows, m, width, count};
  Primitive& ready = primitive(key, [&](Primitive& made) {
    const Desc left({m, rows}, kF32, Tag::ba), right({rows, count}, kF32, Dims{width, 1}), result({m, count}, kF32, Dims{width, 1});
    const auto description = dnnl::matmul::primitive_desc(engine(), left, right, result, userScratchpad());
    made.primitive = dnnl::matmul(description);
    made.implementation = description.impl_info_str();
    made.argument(DNNL_ARG_SRC, left);
    made.argument(DNNL_ARG_WEIGHTS, right);
    made.argument(DNNL_ARG_DST, result);
    made.setScratchpad(description.scratchpad_desc());
  });
  ready.run({inputs.data, gateGradients.data + first, gradient.data + first});
}
SNAPFIT_EXPORT(rnnWeightGradient);

}  // namespace snapfit
