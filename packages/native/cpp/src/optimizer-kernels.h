// What the kernels of optimizers' steps are made of. They are built without fused multiply-adds: every operation is rounded as by itself, so the
// numbers of element-wise formulas are those of the same formula in TensorFlow.js' operations, to the last bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace snapfit {

/** One parameter's arrays and constants. */
struct Parameter {
  float* values;
  const float* gradient;
  float* slots[3];
  float constants[8];
  int64_t length;
  /** What a kernel that measures the whole parameter has made of the sums. */
  float scale = 0;
  /** The last two dimensions where means of rows and columns are kept for their squares, else 0. */
  int64_t numRows = 0, numColumns = 0;
  /** For each matrix of these dimensions the mean of its means. */
  std::vector<float> means{};
};

/** Sums of squares over a block of a parameter. */
struct Sums {
  double values = 0, steps = 0;
};

using Update = void (*)(const Parameter&, int64_t begin, int64_t end);

/** One optimizer's formula. A parameter is updated in blocks; what looks at all of it does so before. */
struct Kernel {
  const char* name;
  size_t numSlots;
  size_t numConstants;
  Update update;
  /** Sums of a block; a kernel may update slots here. */
  Sums (*measure)(const Parameter&, int64_t begin, int64_t end) = nullptr;
  /** The scale of the step, from the sums of the whole parameter. */
  float (*scale)(const Parameter&, const Sums&) = nullptr;
  /** Before `measure`: means of rows and columns, for parameters whose last constant is not 0; these have two slots. */
  void (*prepare)(std::vector<Parameter>&) = nullptr;
};

/** The kernel of a name; null where there is none. */
const Kernel* elementWiseKernel(const char* name);
const Kernel* wholeParameterKernel(const char* name);

}  // namespace snapfit
