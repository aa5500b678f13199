// Shapes of a convolution over two or three axes, as oneDNN and its cache want them.
#pragma once

#include <cstring>

#include "activation.h"
#include "call.h"
#include "onednn.h"

namespace snapfit {

/**
 * Of images `[batch, (depth,) height, width, inputs]`, or channels first, and a filter `[(depth,) height, width, inputs, outputs]`; depthwise:
 * `[height, width, channels, multiplier]`. Read from numbers in the order of `convolution-geometry.ts`.
 */
class ConvolutionGeometry {
 public:
  explicit ConvolutionGeometry(const Ints& numbers)
      : rank(numbers[0]), isDepthwise(numbers[1] != 0), isChannelsFirst(numbers[2] != 0), batch(numbers[3]), inputs(numbers[4]), outputs(numbers[5]) {
    activation = static_cast<Activation>(numbers[kActivation]);
    std::memcpy(&alpha, &numbers[7], sizeof alpha);
    for (int64_t axis = 0; axis < rank; axis++) {
      const int32_t* of = &numbers[kHeadLength + axis * kAxisLength];
      in.push_back(of[0]);
      out.push_back(of[1]);
      window.push_back(of[2]);
      stride.push_back(of[3]);
      dilation.push_back(of[4] - 1);
      paddingFront.push_back(of[5]);
      paddingBack.push_back((out.back() - 1) * of[3] + (of[2] - 1) * of[4] + 1 - of[0] - of[5]);
    }
    type = numbers[8] != 0 ? kBf16 : kF32;
    numbers_.assign(numbers.data, numbers.data + kHeadLength + rank * kAxisLength);
  }

  static constexpr int64_t kActivation = 6;
  static constexpr int64_t kHeadLength = 9;
  static constexpr int64_t kAxisLength = 6;
  static constexpr int64_t kMostNumbers = kHeadLength + 3 * kAxisLength;

  int64_t rank;
  bool isDepthwise;
  bool isChannelsFirst;
  int64_t batch, inputs, outputs;
  Activation activation;
  float alpha;
  /** Of images and of their gradients; filters and biases come, and gradients of filters go, as float32. */
  DType type;
  Dims in, out, window, stride, dilation, paddingFront, paddingBack;

  ConvolutionGeometry withoutActivation() const {
    ConvolutionGeometry plain = *this;
    plain.activation = Activation::kNone;
    plain.numbers_[kActivation] = static_cast<int64_t>(Activation::kNone);
    return plain;
  }

  size_t sourceLength() const { return batch * inputs * product(in); }
  size_t targetLength() const { return batch * outputs * product(out); }
  size_t filterLength() const { return (isDepthwise ? outputs : inputs * outputs) * product(window); }
  double multiplyAdds() const { return static_cast<double>(filterLength()) * batch * product(out); }

  Desc source() const { return image(in, inputs); }
  Desc target() const { return image(out, outputs); }
  Desc bias() const { return Desc({outputs}, kF32, Tag::a); }
  /** The filter as TensorFlow.js stores it. */
  Desc filter() const { return Desc(filterDims(), kF32, isDepthwise ? Tag::hwigo : rank == 3 ? Tag::dhwio : Tag::hwio); }
  /** The filter as suits the primitive. */
  Desc anyFilter(DType type) const { return Desc(filterDims(), type, Tag::any); }

  /** Of a primitive; `variant` tells apart what the geometry does not. */
  Key key(Kind kind, int64_t variant) const {
    Key key = {static_cast<int64_t>(kind), variant};
    key.insert(key.end(), numbers_.begin(), numbers_.end());
    return key;
  }

 private:
  static int64_t product(const Dims& dims) {
    int64_t product = 1;
    for (const int64_t dim : dims) product *= dim;
    return product;
  }
  Desc image(const Dims& axes, int64_t channels) const {
    Dims dims = {batch, channels};
    dims.insert(dims.end(), axes.begin(), axes.end());
    if (rank == 3) return Desc(dims, type, isChannelsFirst ? Tag::ncdhw : Tag::ndhwc);
    return Desc(dims, type, isChannelsFirst ? Tag::nchw : Tag::nhwc);
  }
  Dims filterDims() const {
    Dims dims = isDepthwise ? Dims{inputs, outputs / inputs, 1} : Dims{outputs, inputs};
    dims.insert(dims.end(), window.begin(), window.end());
    return dims;
  }

  std::vector<int64_t> numbers_;
};

}  // namespace snapfit
