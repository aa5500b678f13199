// Steps of optimizers, over all parameters in one call.
#include <string>
#include <vector>

#include "call.h"
#include "optimizer-kernels.h"
#include "threads.h"

namespace snapfit {
namespace {

constexpr int64_t kBlock = 16384;

/** A part of an array that one thread works on. */
struct Block {
  uint32_t array;
  int64_t begin, end;
};

void addBlocks(std::vector<Block>& blocks, size_t array, size_t arrayLength) {
  const auto length = static_cast<int64_t>(arrayLength);
  for (int64_t begin = 0; begin < length; begin += kBlock) {
    blocks.push_back({static_cast<uint32_t>(array), begin, begin + kBlock < length ? begin + kBlock : length});
  }
}

const Kernel& kernelOf(const std::string& name) {
  const Kernel* kernel = elementWiseKernel(name.c_str());
  if (kernel == nullptr) kernel = wholeParameterKernel(name.c_str());
  if (kernel == nullptr) throw CallError("internal: there is no optimizer kernel \"" + name + "\".");
  return *kernel;
}

/** Gives a parameter means of rows and columns as its slots. False if they do not fit it. */
bool takeMeans(Parameter& parameter, const Floats& rows, const Floats& columns) {
  const auto length = static_cast<int64_t>(parameter.length);
  const auto numRowMeans = static_cast<int64_t>(rows.length), numColumnMeans = static_cast<int64_t>(columns.length);
  parameter.slots[0] = rows.data;
  parameter.slots[1] = columns.data;
  if (length == 0) return true;
  if (numRowMeans == 0 || numColumnMeans == 0 || length % numRowMeans != 0 || length % numColumnMeans != 0) return false;
  parameter.numColumns = length / numRowMeans;
  parameter.numRows = length / numColumnMeans;
  return numRowMeans % parameter.numRows == 0;
}

/** Gives a parameter its slots and returns how many it took. */
size_t takeSlots(const Kernel& kernel, Parameter& parameter, const Floats* slots, size_t numLeft, size_t index) {
  const bool hasMeans = kernel.prepare != nullptr && parameter.constants[kernel.numConstants - 1] != 0;
  const size_t numSlots = hasMeans ? 2 : kernel.numSlots;
  if (numLeft < numSlots) throw CallError("internal: the lists of an optimizer's step differ in length.");
  bool fits = true;
  if (hasMeans) {
    fits = takeMeans(parameter, slots[0], slots[1]);
  } else {
    for (size_t i = 0; i < numSlots; i++) {
      parameter.slots[i] = slots[i].data;
      fits = fits && static_cast<int64_t>(slots[i].length) == parameter.length;
    }
  }
  if (!fits) throw CallError("internal: slots of parameter " + std::to_string(index) + " differ from it in length.");
  return numSlots;
}

void measure(const Kernel& kernel, std::vector<Parameter>& parameters, const std::vector<Block>& blocks) {
  std::vector<Sums> partial(blocks.size());
  parallelFor(static_cast<int64_t>(blocks.size()), 2, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) partial[b] = kernel.measure(parameters[blocks[b].array], blocks[b].begin, blocks[b].end);
  });
  std::vector<Sums> sums(parameters.size());
  for (size_t b = 0; b < blocks.size(); b++) {
    sums[blocks[b].array].values += partial[b].values;
    sums[blocks[b].array].steps += partial[b].steps;
  }
  for (size_t i = 0; i < parameters.size(); i++) parameters[i].scale = kernel.scale(parameters[i], sums[i]);
}

/** updateParameters(kernel, constants, values[], gradients[], slots[]): see HostMemoryBackend of @snapfit/optim. */
void updateParameters(Call& call) {
  const Kernel& kernel = kernelOf(call.text(0));
  const Doubles constants = call.doubles(1);
  const auto values = call.listOfFloats(2), gradients = call.listOfFloats(3), slots = call.listOfFloats(4);
  const size_t count = values.size();
  if (gradients.size() != count || constants.length != count * kernel.numConstants) {
    throw CallError("internal: the lists of an optimizer's step differ in length.");
  }
  std::vector<Parameter> parameters(count);
  std::vector<Block> blocks;
  size_t numTaken = 0;
  for (size_t i = 0; i < count; i++) {
    Parameter& parameter = parameters[i];
    parameter = {values[i].data, gradients[i].data, {}, {}, static_cast<int64_t>(values[i].length)};
    if (gradients[i].length != values[i].length) {
      throw CallError("internal: the gradient of parameter " + std::to_string(i) + " differs from it in length.");
    }
    for (size_t k = 0; k < kernel.numConstants; k++) parameter.constants[k] = static_cast<float>(constants[i * kernel.numConstants + k]);
    numTaken += takeSlots(kernel, parameter, slots.data() + numTaken, slots.size() - numTaken, i);
    addBlocks(blocks, i, values[i].length);
  }
  if (numTaken != slots.size()) throw CallError("internal: the lists of an optimizer's step differ in length.");
  if (kernel.prepare != nullptr) kernel.prepare(parameters);
  if (kernel.measure != nullptr) measure(kernel, parameters, blocks);
  parallelFor(static_cast<int64_t>(blocks.size()), 2, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) kernel.update(parameters[blocks[b].array], blocks[b].begin, blocks[b].end);
  });
}
SNAPFIT_EXPORT(updateParameters);

/** sumsOfSquares(arrays[], sums): in float64, in blocks that do not depend on the number of threads. */
void sumsOfSquares(Call& call) {
  const auto arrays = call.listOfFloats(0);
  const Doubles sums = call.doubles(1, arrays.size());
  std::vector<Block> blocks;
  for (size_t i = 0; i < arrays.size(); i++) addBlocks(blocks, i, arrays[i].length);
  std::vector<double> partial(blocks.size());
  parallelFor(static_cast<int64_t>(blocks.size()), 4, [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; b++) {
      const float* data = arrays[blocks[b].array].data;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = blocks[b].begin; i < blocks[b].end; i++) sum += static_cast<double>(data[i]) * data[i];
      partial[b] = sum;
    }
  });
  for (size_t i = 0; i < arrays.size(); i++) sums[i] = 0;
  for (size_t b = 0; b < blocks.size(); b++) sums[blocks[b].array] += partial[b];
}
SNAPFIT_EXPORT(sumsOfSquares);

}  // namespace
}  // namespace snapfit
