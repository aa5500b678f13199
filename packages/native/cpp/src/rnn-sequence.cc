#include "rnn-sequence.h"

#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Tells the two products of this file apart in the cache of primitives. */
enum : int64_t { kProjection = 1, kWeightGradient = 2 };

}  // namespace

void projectInputs(const float* x, const float* kernel, const float* bias, float* gates, int64_t rows, int64_t features, int64_t width) {
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
