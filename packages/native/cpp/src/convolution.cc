// Convolutions: plain, depthwise, dilated, over two or three axes; forward, and the gradients of their inputs and filters. Images are float32 or
// bfloat16, as the geometry says.
#include "call.h"
#include "convolution-columns.h"
#include "convolution-geometry.h"
#include "onednn.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Numbered as in TypeScript. */
enum class Pass { kForward, kInputGradient, kFilterGradient };

constexpr auto kDirect = dnnl::algorithm::convolution_direct;
/** Slot of scratch memory for a filter in a primitive's layout. */
constexpr size_t kFilterScratch = 100;
/** Place of the filter among the arguments of each primitive here. */
constexpr size_t kFilter = 1;

using Forward = dnnl::convolution_forward;
using InputGradient = dnnl::convolution_backward_data;
using FilterGradient = dnnl::convolution_backward_weights;

Forward::primitive_desc forwardDescription(const ConvolutionGeometry& g, bool hasBias, const dnnl::primitive_attr& attributes) {
  const auto training = dnnl::prop_kind::forward_training;
  const Desc x = g.source(), filter = g.anyFilter(g.type), y = g.target();
  if (hasBias) return {engine(), training, kDirect, x, filter, g.bias(), y, g.stride, g.dilation, g.paddingFront, g.paddingBack, attributes};
  return {engine(), training, kDirect, x, filter, y, g.stride, g.dilation, g.paddingFront, g.paddingBack, attributes};
}

/** Arguments: x, filter, y, and bias where there is one. */
Primitive& forward(const ConvolutionGeometry& g, bool hasBias) {
  return primitive(g.key(Kind::kConv, hasBias), [&](Primitive& made) {
    auto attributes = userScratchpad();
    dnnl::post_ops operations;
    append(operations, g.activation, g.alpha);
    attributes.set_post_ops(operations);
    const auto description = forwardDescription(g, hasBias, attributes);
    made.primitive = Forward(description);
    made.implementation = description.impl_info_str();
    made.argument(DNNL_ARG_SRC, description.src_desc());
    made.argument(DNNL_ARG_WEIGHTS, description.weights_desc());
    made.argument(DNNL_ARG_DST, description.dst_desc());
    if (hasBias) made.argument(DNNL_ARG_BIAS, description.bias_desc());
    made.setScratchpad(description.scratchpad_desc());
  });
}

/** Arguments: dy, filter, dx. */
Primitive& inputGradient(const ConvolutionGeometry& g) {
  return primitive(g.key(Kind::kConvData, 0), [&](Primitive& made) {
    const InputGradient::primitive_desc description(engine(), kDirect, g.source(), g.anyFilter(g.type), g.target(), g.stride, g.dilation,
                                                    g.paddingFront, g.paddingBack, forwardDescription(g, false, {}), userScratchpad());
    made.primitive = InputGradient(description);
    made.implementation = description.impl_info_str();
    made.argument(DNNL_ARG_DIFF_DST, description.diff_dst_desc());
    made.argument(DNNL_ARG_WEIGHTS, description.weights_desc());
    made.argument(DNNL_ARG_DIFF_SRC, description.diff_src_desc());
    made.setScratchpad(description.scratchpad_desc());
  });
}

/** Arguments: x, gradient of the filter, dy. */
Primitive& filterGradient(const ConvolutionGeometry& g) {
  return primitive(g.key(Kind::kConvWeights, 0), [&](Primitive& made) {
    const FilterGradient::primitive_desc description(engine(), kDirect, g.source(), g.anyFilter(kF32), g.target(), g.stride, g.dilation,
                                                     g.paddingFront, g.paddingBack, forwardDescription(g, false, {}), userScratchpad());
    made.primitive = FilterGradient(description);
    made.implementation = description.impl_info_str();
    made.argument(DNNL_ARG_SRC, description.src_desc());
    made.argument(DNNL_ARG_DIFF_WEIGHTS, description.diff_weights_desc());
    made.argument(DNNL_ARG_DIFF_DST, description.diff_dst_desc());
    made.setScratchpad(description.scratchpad_desc());
  });
}

Primitive& ofPass(const ConvolutionGeometry& g, Pass pass, bool hasBias) {
  if (pass == Pass::kForward) return forward(g, hasBias);
  return pass == Pass::kInputGradient ? inputGradient(g) : filterGradient(g);
}

/** Memory that a filter takes in this layout. */
size_t numFloats(const Desc& layout) { return (layout.get_size() + sizeof(float) - 1) / sizeof(float); }

/** Copies a filter from the layout of TensorFlow.js to that of a primitive, or back. */
void reorderFilter(Key key, const Desc& from, const void* source, const Desc& to, void* target) {
  key.push_back(static_cast<int64_t>(Kind::kReorder));
  primitive(key, [&](Primitive& made) {
    const dnnl::reorder::primitive_desc description(engine(), from, engine(), to, userScratchpad());
    made.primitive = dnnl::reorder(description);
    made.argument(DNNL_ARG_FROM, from);
    made.argument(DNNL_ARG_TO, to);
    made.setScratchpad(description.scratchpad_desc());
  }).run({source, target});
}

/** Memory that JavaScript keeps for a packed filter from call to call, if it does, and whether it was filled before. */
struct FilterStore {
  Floats memory;
  bool isFilled = false;
  FilterStore() = default;
  /** Arguments `first` and `first + 1` of the call. */
  FilterStore(const Call& call, size_t first) {
    if (!call.has(first)) return;
    memory = call.floats(first);
    isFilled = call.flag(first + 1);
  }
};

/** The filter as the primitive wants it: itself, or a copy in the store or in scratch memory. */
const void* packedFilter(const FilterStore& store, const ConvolutionGeometry& g, Key key, const Primitive& ready, const float* filter) {
  const Desc wanted = ready.layout(kFilter);
  if (wanted == g.filter()) return filter;
  const size_t length = numFloats(wanted);
  if (store.memory && store.memory.length < length) throw CallError("internal: a packed filter does not fit into its memory.");
  float* packed = store.memory ? store.memory.data : scratch(kFilterScratch, length);
  if (!store.isFilled) reorderFilter(std::move(key), g.filter(), filter, wanted, packed);
  return packed;
}

/** Images in the type of the geometry. */
void* images(const Call& call, size_t index, const ConvolutionGeometry& g, size_t length) {
  return g.type == kBf16 ? static_cast<void*>(call.halves(index, length).data) : call.floats(index, length).data;
}

ConvolutionGeometry geometryOf(const Call& call, size_t index) { return ConvolutionGeometry(call.ints(index, ConvolutionGeometry::kMostNumbers)); }

/** convolve(x, filter, bias | undefined, y, geometry, packed filter | undefined, whether it is filled) */
void convolve(Call& call) {
  const ConvolutionGeometry g = geometryOf(call, 4);
  const void* x = images(call, 0, g, g.sourceLength());
  const Floats filter = call.floats(1, g.filterLength());
  const Floats bias = call.has(2) ? call.floats(2, g.outputs) : Floats{};
  void* y = images(call, 3, g, g.targetLength());
  const ThreadScope threads(g.multiplyAdds());
  const bool hasBias = static_cast<bool>(bias);
  const auto run = [&](const ConvolutionGeometry& g, const FilterStore& store) {
    if (suitsColumns(g)) return convolveColumns(g, x, filter.data, bias.data, y);
    Primitive& ready = forward(g, hasBias);
    const void* packed = packedFilter(store, g, g.key(Kind::kConv, hasBias), ready, filter.data);
    if (hasBias) ready.run({x, packed, y, bias.data});
    else ready.run({x, packed, y});
  };
  runActivated({g.activation, y, g.type, static_cast<int64_t>(g.targetLength())}, [&](bool isActivated) {
    if (isActivated) run(g, FilterStore(call, 5));
    else run(g.withoutActivation(), FilterStore());
  });
}
SNAPFIT_EXPORT(convolve);

/** convolveInputGradient(dy, filter, dx, geometry, packed filter | undefined, whether it is filled) */
void convolveInputGradient(Call& call) {
  const ConvolutionGeometry g = geometryOf(call, 3);
  const void* dy = images(call, 0, g, g.targetLength());
  const Floats filter = call.floats(1, g.filterLength());
  void* dx = images(call, 2, g, g.sourceLength());
  const ThreadScope threads(g.multiplyAdds());
  if (suitsColumns(g)) return convolveColumnsInputGradient(g, dy, filter.data, dx);
  Primitive& ready = inputGradient(g);
  const void* packed = packedFilter(FilterStore(call, 4), g, g.key(Kind::kConvData, 0), ready, filter.data);
  ready.run({dy, packed, dx});
}
SNAPFIT_EXPORT(convolveInputGradient);

/** convolveFilterGradient(x, dy, gradient of the filter, geometry) */
void convolveFilterGradient(Call& call) {
  const ConvolutionGeometry g = geometryOf(call, 3);
  const void* x = images(call, 0, g, g.sourceLength());
  const void* dy = images(call, 1, g, g.targetLength());
  const Floats dFilter = call.floats(2, g.filterLength());
  const ThreadScope threads(g.multiplyAdds());
  if (suitsColumns(g)) return convolveColumnsFilterGradient(g, x, dy, dFilter.data);
  Primitive& ready = filterGradient(g);
  const Desc layout = ready.layout(kFilter);
  const bool isPlain = layout == g.filter();
  float* gradient = isPlain ? dFilter.data : scratch(kFilterScratch, numFloats(layout));
  ready.run({x, gradient, dy});
  if (!isPlain) reorderFilter(g.key(Kind::kConvWeights, 0), layout, gradient, g.filter(), dFilter.data);
}
SNAPFIT_EXPORT(convolveFilterGradient);

/** A number for a layout, equal for equal layouts, exact as a double. */
double layoutNumber(const Desc& layout) {
  uint64_t hash = 1469598103934665603ULL ^ static_cast<uint64_t>(layout.get_data_type());
  const auto add = [&](const Dims& parts) {
    for (const int64_t part : parts) hash = (hash ^ static_cast<uint64_t>(part)) * 1099511628211ULL;
    hash = (hash ^ parts.size()) * 1099511628211ULL;
  };
  for (const Dims& parts : {layout.get_dims(), layout.get_padded_dims(), layout.get_strides(), layout.get_inner_blks(), layout.get_inner_idxs()}) add(parts);
  return static_cast<double>(hash >> 12);
}

/** filterLayout(geometry, pass, has bias, result: Float64Array): writes how many floats the packed filter takes, 0 where it is not packed, and the layout's number. */
void filterLayout(Call& call) {
  const ConvolutionGeometry g = geometryOf(call, 0);
  const Doubles result = call.doubles(3, 2);
  const ThreadScope threads(g.multiplyAdds());
  result[0] = result[1] = 0;
  if (suitsColumns(g)) return;
  const Desc layout = ofPass(g, static_cast<Pass>(call.integer(1)), call.flag(2)).layout(kFilter);
  result[0] = layout == g.filter() ? 0 : static_cast<double>(numFloats(layout));
  result[1] = layoutNumber(layout);
}
SNAPFIT_EXPORT(filterLayout);

/** convolutionImplementation(geometry, pass, has bias): oneDNN's name for the code that runs, or `product`. */
void convolutionImplementation(Call& call) {
  const ConvolutionGeometry g = geometryOf(call, 0);
  const ThreadScope threads(g.multiplyAdds());
  const std::string name = suitsColumns(g) ? "product" : ofPass(g, static_cast<Pass>(call.integer(1)), call.flag(2)).implementation;
  napi_value text;
  napi_create_string_utf8(call.env(), name.c_str(), name.size(), &text);
  call.returns(text);
}
SNAPFIT_EXPORT(convolutionImplementation);

}  // namespace
}  // namespace snapfit
