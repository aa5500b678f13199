// Matrix products, batched, with transposed operands, bias and activation.
#include "activation.h"
#include "call.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** [batch, rows, columns], stored so, or as [batch, columns, rows] where it is transposed. */
Desc matrix(int64_t batch, int64_t rows, int64_t columns, bool isTransposed) {
  return Desc({batch, rows, columns}, kF32, isTransposed ? Tag::acb : Tag::abc);
}

/** matMul(a, b, bias | undefined, product, [batchA, batchB, m, k, n, transposeA, transposeB, activation]): a batch of 1 serves all of the other. */
void matMul(Call& call) {
  const Ints p = call.ints(4, 8);
  const int64_t batchA = p[0], batchB = p[1], m = p[2], k = p[3], n = p[4];
  const int64_t batch = batchA > batchB ? batchA : batchB;
  const bool transposeA = p[5] != 0, transposeB = p[6] != 0;
  const auto activation = static_cast<Activation>(p[7]);
  const Floats a = call.floats(0, batchA * m * k);
  const Floats b = call.floats(1, batchB * k * n);
  const Floats bias = call.has(2) ? call.floats(2, n) : Floats{};
  const Floats product = call.floats(3, batch * m * n);
  const ThreadScope threads(static_cast<double>(batch) * m * k * n);
  const Key key = {static_cast<int64_t>(Kind::kMatMul), batchA, batchB, m, k, n, transposeA, transposeB, p[7], bias ? 1 : 0};
  Primitive& ready = primitive(key, [&](Primitive& made) {
    auto attributes = userScratchpad();
    dnnl::post_ops operations;
    append(operations, activation);
    attributes.set_post_ops(operations);
    const Desc left = matrix(batchA, m, k, transposeA), right = matrix(batchB, k, n, transposeB), result = matrix(batch, m, n, false);
    const Desc row({1, 1, n}, kF32, Tag::abc);
    const auto description = bias ? dnnl::matmul::primitive_desc(engine(), left, right, row, result, attributes)
                                  : dnnl::matmul::primitive_desc(engine(), left, right, result, attributes);
    made.primitive = dnnl::matmul(description);
    made.implementation = description.impl_info_str();
    made.argument(DNNL_ARG_SRC, left);
    made.argument(DNNL_ARG_WEIGHTS, right);
    made.argument(DNNL_ARG_DST, result);
    if (bias) made.argument(DNNL_ARG_BIAS, row);
    made.setScratchpad(description.scratchpad_desc());
  });
  if (bias) ready.run({a.data, b.data, product.data, bias.data});
  else ready.run({a.data, b.data, product.data});
}
SNAPFIT_EXPORT(matMul);

}  // namespace
}  // namespace snapfit
