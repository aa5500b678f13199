// Activations that a product or a convolution applies to its result.
#pragma once

#include "onednn.h"

namespace snapfit {

/** Numbered as in TypeScript. */
enum class Activation { kNone, kRelu, kRelu6, kElu, kSigmoid, kTanh, kLeakyRelu };

/** `alpha`: slope of the leaky ReLU below zero. To be run by runActivated(). */
void append(dnnl::post_ops& operations, Activation activation, float alpha = 0);

/** The result of a primitive that ends in an activation: `count` numbers, float32 or bfloat16. */
struct Activated {
  Activation activation;
  void* y;
  DType type;
  int64_t count;

  /** Whether oneDNN's own may be tried. */
  bool canBeFused() const;
  /** Before the primitive runs. */
  void expectNumbers() const;
  /** Whether the activation is wrong somewhere, as NaN or infinity went into it. */
  bool isWrong() const;
  /** y = f(y) */
  void apply() const;
};

/**
 * run(true) computes the result, run(false) does so without the activation.
 *
 * No chain of oneDNN's operations gives relu or relu6 for numbers, NaN and infinity. Where NaN or infinity went in, which is next to never, a pass of our
 * own takes its place.
 */
template <class Run>
void runActivated(const Activated& result, const Run& run) {
  if (result.canBeFused()) {
    result.expectNumbers();
    run(true);
    if (!result.isWrong()) return;
  }
  run(false);
  result.apply();
}

}  // namespace snapfit
