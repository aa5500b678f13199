// Steps of optimizers in which every value is updated by itself.
#include <cmath>
#include <cstring>

#include "optimizer-kernels.h"

namespace snapfit {
namespace {

/** The gradient with weight decay added to it. */
inline float decayed(float gradient, float value, float weightDecay) { return weightDecay == 0 ? gradient : gradient + value * weightDecay; }

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
    const float g = decayed(gradient[i], values[i], addedDecay);
    const float newFirst = first[i] + (g - first[i]) * ofFirst;
    const float newSecond = second[i] * beta2 + g * ofSecond * g;
    first[i] = newFirst;
    second[i] = newSecond;
    values[i] = values[i] * kept - newFirst * size / (std::sqrt(newSecond) + epsilon);
  }
}

// as above with the largest v so far
void amsgrad(const Parameter& parameter, int64_t begin, int64_t end) {
  const auto [addedDecay, kept, ofFirst, beta2, ofSecond, size, epsilon, unused] = parameter.constants;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict first = parameter.slots[0];
  float* __restrict second = parameter.slots[1];
  float* __restrict largest = parameter.slots[2];
  (void)unused;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], addedDecay);
    const float newFirst = first[i] + (g - first[i]) * ofFirst;
    const float newSecond = second[i] * beta2 + g * ofSecond * g;
    const float newLargest = largest[i] >= newSecond ? largest[i] : newSecond;
    first[i] = newFirst;
    second[i] = newSecond;
    largest[i] = newLargest;
    values[i] = values[i] * kept - newFirst * size / (std::sqrt(newLargest) + epsilon);
  }
}

// m, v as Adam's;  p = kept p - (ofGradient g + ofMean m) / (sqrt(v) + epsilon)
void nadam(const Parameter& parameter, int64_t begin, int64_t end) {
  const auto [addedDecay, kept, ofFirst, beta2, ofSecond, ofGradient, ofMean, epsilon] = parameter.constants;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict first = parameter.slots[0];
  float* __restrict second = parameter.slots[1];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], addedDecay);
    const float newFirst = first[i] + (g - first[i]) * ofFirst;
    const float newSecond = second[i] * beta2 + g * ofSecond * g;
    first[i] = newFirst;
    second[i] = newSecond;
    values[i] = values[i] * kept - (g * ofGradient + newFirst * ofMean) / (std::sqrt(newSecond) + epsilon);
  }
}

// m as Adam's;  u = max(beta2 u, |g| + epsilon);  p = p - size m / u
void adamax(const Parameter& parameter, int64_t begin, int64_t end) {
  const float weightDecay = parameter.constants[0], ofFirst = parameter.constants[1], beta2 = parameter.constants[2];
  const float epsilon = parameter.constants[3], size = parameter.constants[4];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict first = parameter.slots[0];
  float* __restrict norm = parameter.slots[1];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], weightDecay);
    const float newFirst = first[i] + (g - first[i]) * ofFirst;
    const float old = norm[i] * beta2, now = std::fabs(g) + epsilon;
    const float newNorm = old >= now ? old : now;
    first[i] = newFirst;
    norm[i] = newNorm;
    values[i] -= newFirst * size / newNorm;
  }
}

// g = g + wd p;  s = s + added + g g;  p = p - lr g / (sqrt(s) + eps)
void adagrad(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1];
  const float added = parameter.constants[2], epsilon = parameter.constants[3];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict sum = parameter.slots[0];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], weightDecay);
    const float newSum = sum[i] + added + g * g;
    sum[i] = newSum;
    values[i] -= g / (std::sqrt(newSum) + epsilon) * learningRate;
  }
}

// s = rho s + (1 - rho) g g;  d = sqrt(a + eps) / sqrt(s + eps) g;  a = rho a + (1 - rho) d d;  p = p - lr d
void adadelta(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1], rho = parameter.constants[2];
  const float ofSquare = parameter.constants[3], epsilon = parameter.constants[4];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict meanSquare = parameter.slots[0];
  float* __restrict meanDelta = parameter.slots[1];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], weightDecay);
    const float newSquare = meanSquare[i] * rho + g * ofSquare * g;
    const float delta = std::sqrt(meanDelta[i] + epsilon) / std::sqrt(newSquare + epsilon) * g;
    meanSquare[i] = newSquare;
    meanDelta[i] = meanDelta[i] * rho + delta * ofSquare * delta;
    values[i] -= delta * learningRate;
  }
}

// c = beta1 m + (1 - beta1) g;  p = kept p - lr sign(c);  m = beta2 m + (1 - beta2) g
void lion(const Parameter& parameter, int64_t begin, int64_t end) {
  const float kept = parameter.constants[0], beta1 = parameter.constants[1], ofDirection = parameter.constants[2];
  const float beta2 = parameter.constants[3], ofMean = parameter.constants[4], learningRate = parameter.constants[5];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict mean = parameter.slots[0];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float direction = mean[i] * beta1 + gradient[i] * ofDirection;
    const float sign = direction > 0 ? 1.0f : direction < 0 ? -1.0f : 0.0f;
    mean[i] = mean[i] * beta2 + gradient[i] * ofMean;
    values[i] = values[i] * kept - sign * learningRate;
  }
}

// s = s + alpha (p - s);  p = s
void lookahead(const Parameter& parameter, int64_t begin, int64_t end) {
  const float alpha = parameter.constants[0];
  float* __restrict values = parameter.values;
  float* __restrict slow = parameter.slots[0];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float newSlow = slow[i] + (values[i] - slow[i]) * alpha;
    slow[i] = newSlow;
    values[i] = newSlow;
  }
}

// p = p - lr (g + wd p)
void gradientDescent(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
#pragma omp simd
  for (int64_t i = begin; i < end; i++) values[i] -= decayed(gradient[i], values[i], weightDecay) * learningRate;
}

// g = g + wd p;  b = mu b + ofGradient g;  p = p - lr b, or with Nesterov p - lr (g + mu b)
void momentum(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1], kept = parameter.constants[2];
  const float ofGradient = parameter.constants[3];
  const bool isNesterov = parameter.constants[4] != 0;
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict velocity = parameter.slots[0];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], weightDecay);
    const float newVelocity = velocity[i] * kept + g * ofGradient;
    velocity[i] = newVelocity;
    values[i] -= (isNesterov ? g + newVelocity * kept : newVelocity) * learningRate;
  }
}

// g = g + wd p;  s = alpha s + (1 - alpha) g g;  p = p - lr g / (sqrt(s) + eps)
void rmsProp(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1], alpha = parameter.constants[2];
  const float ofSquare = parameter.constants[3], epsilon = parameter.constants[4];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict meanSquare = parameter.slots[0];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], weightDecay);
    const float newSquare = meanSquare[i] * alpha + g * ofSquare * g;
    meanSquare[i] = newSquare;
    values[i] -= g / (std::sqrt(newSquare) + epsilon) * learningRate;
  }
}

// as above with  b = mu b + g / (sqrt(s) + eps);  p = p - lr b
void rmsPropMomentum(const Parameter& parameter, int64_t begin, int64_t end) {
  const float learningRate = parameter.constants[0], weightDecay = parameter.constants[1], alpha = parameter.constants[2];
  const float ofSquare = parameter.constants[3], epsilon = parameter.constants[4], kept = parameter.constants[5];
  float* __restrict values = parameter.values;
  const float* __restrict gradient = parameter.gradient;
  float* __restrict meanSquare = parameter.slots[0];
  float* __restrict velocity = parameter.slots[1];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float g = decayed(gradient[i], values[i], weightDecay);
    const float newSquare = meanSquare[i] * alpha + g * ofSquare * g;
    const float newVelocity = velocity[i] * kept + g / (std::sqrt(newSquare) + epsilon);
    meanSquare[i] = newSquare;
    velocity[i] = newVelocity;
    values[i] -= newVelocity * learningRate;
  }
}

constexpr Kernel kKernels[] = {
    {"adadelta", 2, 5, adadelta},       {"adagrad", 1, 4, adagrad},   {"adam", 2, 7, adam},
    {"adamax", 2, 5, adamax},           {"amsgrad", 3, 7, amsgrad},   {"gradientDescent", 0, 2, gradientDescent},
    {"lion", 1, 6, lion},               {"lookahead", 1, 1, lookahead}, {"momentum", 1, 5, momentum},
    {"nadam", 2, 8, nadam},             {"rmsProp", 1, 6, rmsProp},   {"rmsPropMomentum", 2, 6, rmsPropMomentum},
};

}  // namespace

const Kernel* elementWiseKernel(const char* name) {
  for (const Kernel& kernel : kKernels) {
    if (std::strcmp(name, kernel.name) == 0) return &kernel;
  }
  return nullptr;
}

}  // namespace snapfit
