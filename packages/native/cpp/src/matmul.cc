// Matrix products, batched, with transposed operands, bias and activation.
#include <algorithm>

#include "activation.h"
#include "call.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** [batch, rows, columns], stored so, or as [batch, columns, rows] where it is transposed. */
Desc matrix(int64_t batch, int64_t rows, int64_t columns, DType type, bool isTransposed) {
  return Desc({batch, rows, columns}, type, isTransposed ? Tag::acb : Tag::abc);
}

/** Elements of an argument that is float32 or bfloat16. */
void* elements(const Call& call, size_t index, DType type, size_t least) {
  return type == kBf16 ? static_cast<void*>(call.halves(index, least).data) : call.floats(index, least).data;
}

DType typeOf(const Call& call, size_t index) { return call.typeOf(index) == napi_uint16_array ? kBf16 : kF32; }

/** On a right factor as it lies, oneDNN's plain product takes 70 to 95 % of the primitive's time; most where the left one is transposed, the gradient of a weight. */
void multiplyPlain(Call& call, bool transposeA, int64_t m, int64_t n, int64_t k) {
  const float *a = call.floats(0, m * k).data, *b = call.floats(1, k * n).data;
  const auto status = dnnl::sgemm(transposeA ? 'T' : 'N', 'N', m, n, k, 1, a, transposeA ? m : k, b, n, 0, call.floats(3, m * n).data, n);
  dnnl::error::wrap_c_api(static_cast<dnnl_status_t>(status), "the product failed");
}

struct Product {
  int64_t batchA, batchB, m, n, k;
  bool transposeA, transposeB, hasBias;
  DType factorType, productType;
};

/** Arguments: a, b, product, and bias where there is one. */
Primitive& ready(const Product& p, Activation activation) {
  const Key key = {static_cast<int64_t>(Kind::kMatMul), p.batchA, p.batchB, p.m, p.k, p.n, p.transposeA, p.transposeB, static_cast<int64_t>(activation),
                   p.hasBias, static_cast<int64_t>(p.factorType), static_cast<int64_t>(p.productType)};
  return primitive(key, [&](Primitive& made) {
    dnnl::post_ops operations;
    append(operations, activation);
    const Desc left = matrix(p.batchA, p.m, p.k, p.factorType, p.transposeA), right = matrix(p.batchB, p.k, p.n, p.factorType, p.transposeB);
    const Desc result = matrix(std::max(p.batchA, p.batchB), p.m, p.n, p.productType, false);
    const Desc row({1, 1, p.n}, kF32, Tag::abc);
    makeProduct(made, left, right, result, p.hasBias ? &row : nullptr, operations);
  });
}

/** matMul(a, b, bias | undefined, product, [batchA, batchB, m, k, n, transposeA, transposeB, activation]): a batch of 1 serves all of the other.
 * Factors are both float32 or both bfloat16, and the product may be either: sums are float32. */
void matMul(Call& call) {
  const Ints p = call.ints(4, 8);
  const int64_t batchA = p[0], batchB = p[1], m = p[2], k = p[3], n = p[4];
  const int64_t batch = std::max(batchA, batchB);
  const bool transposeA = p[5] != 0, transposeB = p[6] != 0;
  const auto activation = static_cast<Activation>(p[7]);
  const DType factorType = typeOf(call, 0), productType = typeOf(call, 3);
  const void* a = elements(call, 0, factorType, batchA * m * k);
  const void* b = elements(call, 1, factorType, batchB * k * n);
  const Floats bias = call.has(2) ? call.floats(2, n) : Floats{};
  void* product = elements(call, 3, productType, batch * m * n);
  const ThreadScope threads(static_cast<double>(batch) * m * k * n);
  const bool isPlain = batch == 1 && factorType == kF32 && productType == kF32 && !bias && activation == Activation::kNone;
  if (isPlain && !transposeB) return multiplyPlain(call, transposeA, m, n, k);
  const Product shape = {batchA, batchB, m, n, k, transposeA, transposeB, static_cast<bool>(bias), factorType, productType};
  runActivated({activation, product, productType, batch * m * n}, [&](bool isActivated) {
    Primitive& found = ready(shape, isActivated ? activation : Activation::kNone);
    if (bias) found.run({a, b, product, bias.data});
    else found.run({a, b, product});
  });
}
SNAPFIT_EXPORT(matMul);

}  // namespace
}  // namespace snapfit
