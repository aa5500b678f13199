// Activations that a product or a convolution applies to its result.
#pragma once

#include "onednn.h"

namespace snapfit {

/** Numbered as in TypeScript. */
enum class Activation { kNone, kRelu, kRelu6, kElu, kSigmoid, kTanh, kLeakyRelu };

/** `alpha`: slope of the leaky ReLU below zero. */
inline void append(dnnl::post_ops& operations, Activation activation, float alpha = 0) {
  using dnnl::algorithm;
  switch (activation) {
    case Activation::kNone: return;
    case Activation::kRelu: return operations.append_eltwise(algorithm::eltwise_relu, 0, 0);
    case Activation::kRelu6: return operations.append_eltwise(algorithm::eltwise_clip, 0, 6);
    case Activation::kElu: return operations.append_eltwise(algorithm::eltwise_elu, 1, 0);
    case Activation::kSigmoid: return operations.append_eltwise(algorithm::eltwise_logistic, 0, 0);
    case Activation::kTanh: return operations.append_eltwise(algorithm::eltwise_tanh, 0, 0);
    case Activation::kLeakyRelu: return operations.append_eltwise(algorithm::eltwise_relu, alpha, 0);
  }
}

}  // namespace snapfit
