// Gradients of activations, each in one pass over the gradient and what the forward pass saved.
#include "bf16.h"
#include "call.h"
#include "element-wise.h"
#include "vector-math.h"

namespace snapfit {
namespace {

/** Numbered as in TypeScript. Relu, elu, sigmoid and tanh save their result, the others their input. */
enum class Activation { kRelu, kRelu6, kLeakyRelu, kElu, kSelu, kSigmoid, kTanh, kSoftplus };

constexpr float kSeluScale = 1.0507009873554805f;
constexpr float kSeluScaleAlpha = 1.7580993408473769f;

template <class Gradient, class Saved>
void gradient(const Gradient* dy, const Saved* saved, Saved* dx, int64_t count, Activation activation, float alpha) {
  const auto light = [&](auto f) { mapElements(dy, saved, dx, count, kLightGrain, f); };
  const auto heavy = [&](auto f) { mapElements(dy, saved, dx, count, kHeavyGrain, f); };
  // As products with the derivative, so that NaN and infinity in the gradient come through as in TensorFlow.js' own sums of operations.
  switch (activation) {
    case Activation::kRelu: return light([](float d, float y) { return d * (y > 0.0f ? 1.0f : (y <= 0.0f ? 0.0f : y)); });
    case Activation::kRelu6: return light([](float d, float x) { return d * (x <= 0.0f ? 0.0f : (x <= 6.0f ? 1.0f : (x > 6.0f ? 0.0f : x))); });
    case Activation::kLeakyRelu: return light([=](float d, float x) { return x > 0.0f ? d : d * alpha; });
    case Activation::kElu: return light([](float d, float y) { return y >= 0.0f ? d : d * (y + 1.0f); });
    case Activation::kSelu: return heavy([](float d, float x) { return x > 0.0f ? d * kSeluScale : d * kSeluScaleAlpha * fastExp(x); });
    case Activation::kSigmoid: return light([](float d, float y) { return d * (y * (1.0f - y)); });
    case Activation::kTanh: return light([](float d, float y) { return (1.0f - y * y) * d; });
    case Activation::kSoftplus: return heavy([](float d, float x) { return d * fastSigmoid(x); });
  }
  throw CallError("internal: unknown activation.");
}

/** activationGradient(dy, saved, dx, activation, alpha): each float32 or bfloat16, dx as what was saved. */
void activationGradient(Call& call) {
  const size_t count = call.lengthOf(2);
  withElements(call, 0, count, [&](auto* dy) {
    withElements(call, 1, count, [&](auto* saved) {
      auto* dx = elementsLike<std::remove_pointer_t<decltype(saved)>>(call, 2, count);
      gradient(dy, saved, dx, static_cast<int64_t>(count), static_cast<Activation>(call.integer(3)), static_cast<float>(call.number(4)));
    });
  });
}
SNAPFIT_EXPORT(activationGradient);

}  // namespace
}  // namespace snapfit
