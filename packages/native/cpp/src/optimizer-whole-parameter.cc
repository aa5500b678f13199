// Steps of optimizers whose size depends on all values of a parameter: sums are made in float64, in blocks that do not depend on the number of
// threads, where TensorFlow.js' operations sum in float32. The results differ by less than 1e-6.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "optimizer-kernels.h"
#include "threads.h"

namespace snapfit {
namespace {

// LAMB. r = ofMean m / (sqrt(v) + epsilon) + wd p;  p = p - lr |p| / |r| r

inline float lambStep(const float* constants, float first, float second, float value) {
  const float ofMean = constants[3], epsilon = constants[4], weightDecay = constants[5];
  return first * ofMean / (std::sqrt(second) + epsilon) + value * weightDecay;
}

Sums lambMeasure(const Parameter& parameter, int64_t begin, int64_t end) {
  const float ofFirst = parameter.constants[0], beta2 = parameter.constants[1], ofSecond = parameter.constants[2];
  const float* __restrict gradient = parameter.gradient;
  const float* __restrict values = parameter.values;
  float* __restrict first = parameter.slots[0];
  float* __restrict second = parameter.slots[1];
  double ofValues = 0, ofSteps = 0;
#pragma omp simd reduction(+ : ofValues, ofSteps)
  for (int64_t i = begin; i < end; i++) {
    const float g = gradient[i];
    const float newFirst = first[i] + (g - first[i]) * ofFirst;
    const float newSecond = second[i] * beta2 + g * ofSecond * g;
    first[i] = newFirst;
    second[i] = newSecond;
    const float step = lambStep(parameter.constants, newFirst, newSecond, values[i]);
    ofValues += static_cast<double>(values[i]) * values[i];
    ofSteps += static_cast<double>(step) * step;
  }
  return {ofValues, ofSteps};
}

float lambScale(const Parameter& parameter, const Sums& sums) {
  const float learningRate = parameter.constants[6];
  if (sums.values == 0 || sums.steps == 0) return learningRate;
  return static_cast<float>(learningRate * std::sqrt(sums.values) / std::sqrt(sums.steps));
}

void lambUpdate(const Parameter& parameter, int64_t begin, int64_t end) {
  float* __restrict values = parameter.values;
  const float* __restrict first = parameter.slots[0];
  const float* __restrict second = parameter.slots[1];
#pragma omp simd
  for (int64_t i = begin; i < end; i++) values[i] -= lambStep(parameter.constants, first[i], second[i], values[i]) * parameter.scale;
}

// Adafactor. v = row / max(mean(row), eps) column, or the mean square itself;  u = g / sqrt(max(v, eps eps));  p = kept p - scale u

enum AdafactorConstant { kKept, kOfSquare, kRate, kLeastScale, kEpsilon, kThreshold };  // then whether there are rows and columns

/** Columns that are summed at once: as many sums stay in the first cache. */
constexpr int64_t kColumnBlock = 256;

inline void mix(float& mean, float now, float weight) { mean += (now - mean) * weight; }

void meansOfRows(const Parameter& parameter, int64_t begin, int64_t end) {
  const int64_t numColumns = parameter.numColumns;
  for (int64_t row = begin; row < end; row++) {
    const float* gradient = parameter.gradient + row * numColumns;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < numColumns; i++) sum += static_cast<double>(gradient[i]) * gradient[i];
    mix(parameter.slots[0][row], static_cast<float>(sum / static_cast<double>(numColumns)), parameter.constants[kOfSquare]);
  }
}

void meansOfColumns(const Parameter& parameter, int64_t matrix, int64_t begin, int64_t end) {
  const int64_t numRows = parameter.numRows, numColumns = parameter.numColumns;
  double sums[kColumnBlock] = {};
  for (int64_t row = 0; row < numRows; row++) {
    const float* gradient = parameter.gradient + (matrix * numRows + row) * numColumns + begin;
#pragma omp simd
    for (int64_t i = 0; i < end - begin; i++) sums[i] += static_cast<double>(gradient[i]) * gradient[i];
  }
  for (int64_t i = begin; i < end; i++) {
    const auto mean = static_cast<float>(sums[i - begin] / static_cast<double>(numRows));
    mix(parameter.slots[1][matrix * numColumns + i], mean, parameter.constants[kOfSquare]);
  }
}

/** A part of the means of one parameter: rows over all matrices, or columns of one. */
struct Means {
  uint32_t parameter;
  int64_t matrix, begin, end;
};
constexpr int64_t kRows = -1;

void adafactorPrepare(std::vector<Parameter>& parameters) {
  std::vector<Means> parts;
  for (uint32_t p = 0; p < parameters.size(); p++) {
    const auto [numRows, numColumns] = std::pair(parameters[p].numRows, parameters[p].numColumns);
    if (numRows == 0 || parameters[p].length == 0) continue;
    const int64_t allRows = parameters[p].length / numColumns, rowBlock = std::max<int64_t>(1, 16384 / numColumns);
    for (int64_t row = 0; row < allRows; row += rowBlock) parts.push_back({p, kRows, row, std::min(row + rowBlock, allRows)});
    for (int64_t matrix = 0; matrix < allRows / numRows; matrix++) {
      for (int64_t i = 0; i < numColumns; i += kColumnBlock) parts.push_back({p, matrix, i, std::min(i + kColumnBlock, numColumns)});
    }
  }
  parallelFor(static_cast<int64_t>(parts.size()), 2, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; i++) {
      const auto& [p, matrix, begin, end] = parts[i];
      if (matrix == kRows) meansOfRows(parameters[p], begin, end);
      else meansOfColumns(parameters[p], matrix, begin, end);
    }
  });
  for (Parameter& parameter : parameters) {
    if (parameter.numRows == 0 || parameter.length == 0) continue;
    const int64_t numMatrices = parameter.length / parameter.numColumns / parameter.numRows;
    for (int64_t matrix = 0; matrix < numMatrices; matrix++) {
      double sum = 0;
      for (int64_t row = 0; row < parameter.numRows; row++) sum += parameter.slots[0][matrix * parameter.numRows + row];
      parameter.means.push_back(std::max(static_cast<float>(sum / static_cast<double>(parameter.numRows)), parameter.constants[kEpsilon]));
    }
  }
}

/** Calls `body(start, length, row, columns)` for the runs of a block in which v = row columns[i]; a parameter with its own mean squares is one. */
template <class Body>
void forAdafactorRuns(const Parameter& parameter, int64_t begin, int64_t end, const Body& body) {
  if (parameter.numRows == 0) {
    body(begin, end - begin, 1.0f, parameter.slots[0] + begin);
    return;
  }
  const int64_t numColumns = parameter.numColumns;
  for (int64_t i = begin; i < end;) {
    const int64_t row = i / numColumns, matrix = row / parameter.numRows, stop = std::min(end, (row + 1) * numColumns);
    const float* columns = parameter.slots[1] + matrix * numColumns + (i - row * numColumns);
    body(i, stop - i, parameter.slots[0][row] / parameter.means[matrix], columns);
    i = stop;
  }
}

inline float adafactorStep(float gradient, float variance, float least) { return gradient / std::sqrt(variance < least ? least : variance); }

Sums adafactorMeasure(const Parameter& parameter, int64_t begin, int64_t end) {
  if (parameter.numRows == 0) {
    for (int64_t i = begin; i < end; i++) mix(parameter.slots[0][i], parameter.gradient[i] * parameter.gradient[i], parameter.constants[kOfSquare]);
  }
  const float least = parameter.constants[kEpsilon] * parameter.constants[kEpsilon];
  Sums sums;
  forAdafactorRuns(parameter, begin, end, [&](int64_t start, int64_t length, float row, const float* __restrict columns) {
    const float* __restrict values = parameter.values + start;
    const float* __restrict gradient = parameter.gradient + start;
    double ofValues = 0, ofSteps = 0;
#pragma omp simd reduction(+ : ofValues, ofSteps)
    for (int64_t i = 0; i < length; i++) {
      const float step = adafactorStep(gradient[i], row * columns[i], least);
      ofValues += static_cast<double>(values[i]) * values[i];
      ofSteps += static_cast<double>(step) * step;
    }
    sums.values += ofValues;
    sums.steps += ofSteps;
  });
  return sums;
}

float adafactorScale(const Parameter& parameter, const Sums& sums) {
  const auto length = static_cast<double>(parameter.length);
  const double size = std::max<double>(parameter.constants[kLeastScale], std::sqrt(sums.values / length)) * parameter.constants[kRate];
  return static_cast<float>(size / std::max(1.0, std::sqrt(sums.steps / length) / parameter.constants[kThreshold]));
}

void adafactorUpdate(const Parameter& parameter, int64_t begin, int64_t end) {
  const float kept = parameter.constants[kKept], least = parameter.constants[kEpsilon] * parameter.constants[kEpsilon];
  forAdafactorRuns(parameter, begin, end, [&](int64_t start, int64_t length, float row, const float* __restrict columns) {
    float* __restrict values = parameter.values + start;
    const float* __restrict gradient = parameter.gradient + start;
#pragma omp simd
    for (int64_t i = 0; i < length; i++) values[i] = values[i] * kept - adafactorStep(gradient[i], row * columns[i], least) * parameter.scale;
  });
}

constexpr Kernel kKernels[] = {
    {"adafactor", 1, 7, adafactorUpdate, adafactorMeasure, adafactorScale, adafactorPrepare},
    {"lamb", 2, 7, lambUpdate, lambMeasure, lambScale},
};

}  // namespace

const Kernel* wholeParameterKernel(const char* name) {
  for (const Kernel& kernel : kKernels) {
    if (std::strcmp(name, kernel.name) == 0) return &kernel;
  }
  return nullptr;
}

}  // namespace snapfit
