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
    // oneDNN's relu gives 0 for NaN, which would hide a model that has diverged. This is x min(max(1e38 x, 0), 1) + 0: x where x is positive, 0 where it
    // is negative, NaN for NaN, and for -infinity too. The sum turns -0 into 0.
    case Activation::kRelu:
      operations.append_eltwise(algorithm::eltwise_hardswish, 1e38f, 0);
      return operations.append_eltwise(algorithm::eltwise_linear, 1, 0);
    // Gives 0 for NaN; not used in training.
    case Activation::kRelu6: return operations.append_eltwise(algorithm::eltwise_clip, 0, 6);
    case Activation::kElu: return operations.append_eltwise(algorithm::eltwise_elu, 1, 0);
    case Activation::kSigmoid: return operations.append_eltwise(algorithm::eltwise_logistic, 0, 0);
    case Activation::kTanh: return operations.append_eltwise(algorithm::eltwise_tanh, 0, 0);
    case Activation::kLeakyRelu: return operations.append_eltwise(algorithm::eltwise_relu, alpha, 0);
  }
}

}  // namespace snapfit
