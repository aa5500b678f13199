#include "convolution-columns.h"

#include <algorithm>
#include <vector>

#include "bf16.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr size_t kColumnsScratch = 101, kFilterScratch = 102;

/** Parts of keys that tell these products from the primitives of the same geometry. */
enum Variant : int64_t { kForwardProduct = 10, kForwardProductWithBias, kInputProduct, kFilterProduct };

int64_t rowsOf(const ConvolutionGeometry& g) { return g.batch * g.out[0] * g.out[1]; }
/** Elements of x under the window. */
int64_t columnsOf(const ConvolutionGeometry& g) { return g.window[0] * g.window[1] * g.inputs; }

/** Calls `visit(row of the columns, cell of the image or -1 for padding)` for each place of the window, in the order of the columns. */
template <class Visit>
void forEachCell(const ConvolutionGeometry& g, int64_t image, int64_t y, int64_t x, const Visit& visit) {
  for (int64_t h = 0; h < g.window[0]; h++) {
    const int64_t row = y * g.stride[0] + h * (g.dilation[0] + 1) - g.paddingFront[0];
    for (int64_t w = 0; w < g.window[1]; w++) {
      const int64_t column = x * g.stride[1] + w * (g.dilation[1] + 1) - g.paddingFront[1];
      const bool isInside = row >= 0 && row < g.in[0] && column >= 0 && column < g.in[1];
      visit(isInside ? (image * g.in[0] + row) * g.in[1] + column : -1);
    }
  }
}

/** What lies under the window, a row for each place. */
template <class T>
const T* columns(const ConvolutionGeometry& g, const T* x) {
  T* columns = reinterpret_cast<T*>(scratch(kColumnsScratch, rowsOf(g) * columnsOf(g)));
  parallelFor(rowsOf(g), 1 + 16384 / columnsOf(g), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      T* to = columns + row * columnsOf(g);
      forEachCell(g, row / g.out[1] / g.out[0], row / g.out[1] % g.out[0], row % g.out[1], [&](int64_t cell) {
        if (cell < 0) std::fill_n(to, g.inputs, T(0.0f));
        else std::copy_n(x + cell * g.inputs, g.inputs, to);
        to += g.inputs;
      });
    }
  });
  return columns;
}

const void* columns(const ConvolutionGeometry& g, const void* x) {
  if (g.type == kBf16) return columns(g, static_cast<const Bf16*>(x));
  return columns(g, static_cast<const float*>(x));
}

/** The filter in the geometry's type. */
const void* filterOf(const ConvolutionGeometry& g, const float* filter) {
  if (g.type == kF32) return filter;
  Bf16* rounded = reinterpret_cast<Bf16*>(scratch(kFilterScratch, g.filterLength() / 2 + 1));
  parallelFor(g.filterLength(), 1 << 16, [=](int64_t begin, int64_t end) { std::copy(filter + begin, filter + end, rounded + begin); });
  return rounded;
}

Desc matrix(int64_t rows, int64_t columns, DType type, bool isTransposed = false) { return Desc({rows, columns}, type, isTransposed ? Tag::ba : Tag::ab); }

/** A product ready to run. Arguments: left, right, product, and bias where there is one. */
Primitive& product(const ConvolutionGeometry& g, Variant variant, const Desc& left, const Desc& right, const Desc& result) {
  return primitive(g.key(Kind::kConv, variant), [&](Primitive& made) {
    const bool isForward = variant == kForwardProduct || variant == kForwardProductWithBias;
    dnnl::post_ops operations;
    if (isForward) append(operations, g.activation, g.alpha);
    const Desc bias({1, g.outputs}, kF32, Tag::ab);
    makeProduct(made, left, right, result, variant == kForwardProductWithBias ? &bias : nullptr, operations);
  });
}

}  // namespace

bool suitsColumns(const ConvolutionGeometry& g) {
  if (g.rank != 2 || g.isDepthwise || g.isChannelsFirst || g.window[0] * g.window[1] == 1) return false;
  const int64_t places = g.out[0] * g.out[1], pairs = g.inputs * g.outputs;
  return rowsOf(g) >= 128 && ((places <= 16 && pairs >= 256 * 256) || (places <= 64 && pairs >= 512 * 512));
}

void convolveColumns(const ConvolutionGeometry& g, const void* x, const float* filter, const float* bias, void* y) {
  const int64_t rows = rowsOf(g), inner = columnsOf(g);
  Primitive& ready = product(g, bias == nullptr ? kForwardProduct : kForwardProductWithBias, matrix(rows, inner, g.type), matrix(inner, g.outputs, g.type),
                             matrix(rows, g.outputs, g.type));
  const void* left = columns(g, x);
  if (bias == nullptr) ready.run({left, filterOf(g, filter), y});
  else ready.run({left, filterOf(g, filter), y, bias});
}

/** dx = what each place of the window gives to the cells under it, summed up in float32. */
template <class T>
static void gather(const ConvolutionGeometry& g, const float* shares, T* dx) {
  const int64_t imageLength = g.in[0] * g.in[1] * g.inputs, places = g.out[0] * g.out[1];
  parallelFor(g.batch, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> sums(std::is_same_v<T, float> ? 0 : imageLength);
    for (int64_t image = begin; image < end; image++) {
      float* total = sums.data();
      if constexpr (std::is_same_v<T, float>) total = dx + image * imageLength;
      std::fill(total, total + imageLength, 0.0f);
      for (int64_t row = image * places; row < (image + 1) * places; row++) {
        const float* from = shares + row * columnsOf(g);
        forEachCell(g, 0, row % places / g.out[1], row % g.out[1], [&](int64_t cell) {
          float* to = total + cell * g.inputs;
          if (cell >= 0) {
#pragma omp simd
            for (int64_t c = 0; c < g.inputs; c++) to[c] += from[c];
          }
          from += g.inputs;
        });
      }
      if constexpr (!std::is_same_v<T, float>) std::copy(sums.begin(), sums.end(), dx + image * imageLength);
    }
  });
}

void convolveColumnsInputGradient(const ConvolutionGeometry& g, const void* dy, const float* filter, void* dx) {
  const int64_t rows = rowsOf(g), inner = columnsOf(g);
  float* shares = scratch(kColumnsScratch, rows * inner);
  product(g, kInputProduct, matrix(rows, g.outputs, g.type), matrix(g.outputs, inner, g.type, true), matrix(rows, inner, kF32))
      .run({dy, filterOf(g, filter), shares});
  if (g.type == kBf16) gather(g, shares, static_cast<Bf16*>(dx));
  else gather(g, shares, static_cast<float*>(dx));
}

void convolveColumnsFilterGradient(const ConvolutionGeometry& g, const void* x, const void* dy, float* dFilter) {
  const int64_t rows = rowsOf(g), inner = columnsOf(g);
  Primitive& ready =
      product(g, kFilterProduct, matrix(inner, rows, g.type, true), matrix(rows, g.outputs, g.type), matrix(inner, g.outputs, kF32));
  ready.run({columns(g, x), dy, dFilter});
}

}  // namespace snapfit
