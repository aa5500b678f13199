// Steps of optimizers, over all parameters in one call. Built without fused multiply-adds: every operation is rounded as by itself, so the
// numbers are those of the same formula in TensorFlow.js' operations, to the last bit.
#include <cmath>
#include <string>
#include <vector>

#include "call.h"
#include "threads.h"

namespace snapfit {
namespace {

/** One parameter's arrays and constants. */
struct Parameter {
  float* values;
  const float* gradient;
  float* slots[2];
  float constants[8];
};

using Update = void (*)(const Parameter&, int64_t begin, int64_t end);

// m = m + (g - m)(1 - beta1);  v = beta2 v + (1 - beta2) g g;  p = kept p - size m / (sqrt(v) + epsilon)
void adam(const Parameter& parameter, int64_t begin, int64_t end) {
  const auto [addedDecay, kept, ofFirst, beta2, ofSecond, size, epsilon, unused] = parameter.constants;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict first = parameter.slots[0];
  float* __restrict second = parameter.slots[1];
  (void)unused;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = addedDecay == 0 ? gradient[i] : gradient[i] + values[i] * addedDecay;
    const float newFirst = first[i] + (g - first[i]) * ofFirst;
    const float newSecond = second[i] * beta2 + g * ofSecond * g;
    first[i] = newFirst;
    second[i] = newSecond;
    values[i] = values[i] * kept - newFirst * size / (std::sqrt(newSecond) + epsilon);
  }
}

// p = p - lr (g + wd p)
void gradientDescent(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float direction = weightDecay == 0 ? gradient[i] : gradient[i] + values[i] * weightDecay;
    values[i] -= direction * learningRate;
  }
}

// d = g + wd p;  b = mu b + d;  p = p - lr b, or with Nesterov p - lr (d + mu b)
void momentum(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1], kept = parameter.constants[2];
  const bool isNesterov = parameter.constants[3] != 0;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict velocity = parameter.slots[0];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float direction = weightDecay == 0 ? gradient[i] : gradient[i] + values[i] * weightDecay;
    const float newVelocity = velocity[i] * kept + direction;
    velocity[i] = newVelocity;
    values[i] -= (isNesterov ? direction + newVelocity * kept : newVelocity) * learningRate;
  }
}

// g = g + wd p;  s = alpha s + (1 - alpha) g g;  p = p - lr g / (sqrt(s) + eps)
void rmsProp(const Parameter& parameter, int64_t begin, int64_t end) {
  const auto [learningRate, weightDecay, alpha, ofSquare, epsilon, unused5, unused6, unused7] = parameter.constants;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict meanSquare = parameter.slots[0];
  (void)unused5, (void)unused6, (void)unused7;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = weightDecay == 0 ? gradient[i] : gradient[i] + values[i] * weightDecay;
    const float newSquare = meanSquare[i] * alpha + g * ofSquare * g;
    meanSquare[i] = newSquare;
    values[i] -= g / (std::sqrt(newSquare) + epsilon) * learningRate;
  }
}

// as above with  b = mu b + g / (sqrt(s) + eps);  p = p - lr b
void rmsPropMomentum(const Parameter& parameter, int64_t begin, int64_t end) {
  const auto [learningRate, weightDecay, alpha, ofSquare, epsilon, kept, unused6, unused7] = parameter.constants;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict meanSquare = parameter.slots[0];
  float* __restrict velocity = parameter.slots[1];
  (void)unused6, (void)unused7;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = weightDecay == 0 ? gradient[i] : gradient[i] + values[i] * weightDecay;
    const float newSquare = meanSquare[i] * alpha + g * ofSquare * g;
    const float newVelocity = velocity[i] * kept + g / (std::sqrt(newSquare) + epsilon);
    meanSquare[i] = newSquare;
    velocity[i] = newVelocity;
    values[i] -= newVelocity * learningRate;
  }
}

struct Kernel {
  const char* name;
  Update update;
  size_t numSlots;
  size_t numConstants;
};

constexpr Kernel kKernels[] = {
    {"adam", adam, 2, 7},
    {"gradientDescent", gradientDescent, 0, 2},
    {"momentum", momentum, 1, 4},
    {"rmsProp", rmsProp, 1, 5},
    {"rmsPropMomentum", rmsPropMomentum, 2, 6},
};

/** A part of a parameter that one thread updates. */
struct Block {
  uint32_t parameter;
  int64_t begin, end;
};

/** updateParameters(kernel, constants, values[], gradients[], slots[]): see HostMemoryBackend of @snapfit/optim. */
void updateParameters(Call& call) {
  constexpr int64_t kBlock = 16384;
  const std::string name = call.text(0);
  const Doubles constants = call.doubles(1);
  const auto values = call.listOfFloats(2), gradients = call.listOfFloats(3), slots = call.listOfFloats(4);
  const Kernel* kernel = nullptr;
  for (const Kernel& each : kKernels) {
    if (name == each.name) kernel = &each;
  }
  if (kernel == nullptr) throw CallError("internal: there is no optimizer kernel \"" + name + "\".");
  const size_t count = values.size();
  if (gradients.size() != count || slots.size() != count * kernel->numSlots || constants.length != count * kernel->numConstants) {
    throw CallError("internal: the lists of an optimizer's step differ in length.");
  }
  std::vector<Parameter> parameters(count);
  std::vector<Block> blocks;
  for (size_t i = 0; i < count; i++) {
    Parameter& parameter = parameters[i];
    parameter = {values[i].data, gradients[i].data, {}, {}};
    bool isSameLength = gradients[i].length == values[i].length;
    for (size_t slot = 0; slot < kernel->numSlots; slot++) {
      const Floats& array = slots[i * kernel->numSlots + slot];
      parameter.slots[slot] = array.data;
      isSameLength = isSameLength && array.length == values[i].length;
    }
    if (!isSameLength) throw CallError("internal: gradient or slots of parameter " + std::to_string(i) + " differ from it in length.");
    for (size_t k = 0; k < kernel->numConstants; k++) parameter.constants[k] = static_cast<float>(constants[i * kernel->numConstants + k]);
    const auto length = static_cast<int64_t>(values[i].length);
    for (int64_t begin = 0; begin < length; begin += kBlock) {
      blocks.push_back({static_cast<uint32_t>(i), begin, begin + kBlock < length ? begin + kBlock : length});
    }
  }
  parallelFor(static_cast<int64_t>(blocks.size()), 2, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) kernel->update(parameters[blocks[b].parameter], blocks[b].begin, blocks[b].end);
  });
}
SNAPFIT_EXPORT(updateParameters);

/** sumsOfSquares(arrays[], sums): in float64, in blocks that do not depend on the number of threads. */
void sumsOfSquares(Call& call) {
  constexpr int64_t kBlock = 16384;
  const auto arrays = call.listOfFloats(0);
  const Doubles sums = call.doubles(1, arrays.size());
  std::vector<Block> blocks;
  for (size_t i = 0; i < arrays.size(); i++) {
    const auto length = static_cast<int64_t>(arrays[i].length);
    for (int64_t begin = 0; begin < length; begin += kBlock) {
      blocks.push_back({static_cast<uint32_t>(i), begin, begin + kBlock < length ? begin + kBlock : length});
    }
  }
  std::vector<double> partial(blocks.size());
  parallelFor(static_cast<int64_t>(blocks.size()), 4, [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; b++) {
      const float* data = arrays[blocks[b].parameter].data;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = blocks[b].begin; i < blocks[b].end; i++) sum += static_cast<double>(data[i]) * data[i];
      partial[b] = sum;
    }
  });
  for (size_t i = 0; i < arrays.size(); i++) sums[i] = 0;
  for (size_t b = 0; b < blocks.size(); b++) sums[blocks[b].parameter] += partial[b];
}
SNAPFIT_EXPORT(sumsOfSquares);

}  // namespace
}  // namespace snapfit
