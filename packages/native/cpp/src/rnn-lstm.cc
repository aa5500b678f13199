// LSTM over a whole sequence, in one call: z = x K + h R + b; i, f, g, o = the four parts of z after their activations;
// c' = f c + i g, h' = o a(c').
#include "onednn.h"
#include "rnn-sequence.h"
#include "threads.h"

namespace snapfit {
namespace {

/** Memory of a forward pass; members that may be null are marked. */
struct LstmForward {
  const float *hidden, *cell;                     // initial states [batch, units]; null: zeros
  float *sequence, *lastHidden, *lastCell;        // results; null where nobody asks for them
  float *gates, *cells, *previous;                // kept for the gradient: [batch, time, 4 units], [batch, time, units] twice
};

/** One row of one step: activates the gates in place and sets the new states. */
void stepForward(const RnnShape& shape, float* gates, const float* cellBefore, float* cell, float* hidden) {
  const int64_t units = shape.units;
  activate(shape.recurrent, gates, gates, 2 * units);
  activate(shape.activation, gates + 2 * units, gates + 2 * units, units);
  activate(shape.recurrent, gates + 3 * units, gates + 3 * units, units);
  const float *input = gates, *forget = gates + units, *candidate = gates + 2 * units, *output = gates + 3 * units;
#pragma omp simd
  for (int64_t j = 0; j < units; j++) cell[j] = forget[j] * cellBefore[j] + input[j] * candidate[j];
  activate(shape.activation, cell, hidden, units);
#pragma omp simd
  for (int64_t j = 0; j < units; j++) hidden[j] *= output[j];
}

/** All steps of the rows from `begin` to `end` of the batch. */
void runForward(const RnnShape& shape, const LstmForward& m, const RnnInputs& inputs, const Panels& recurrentKernel, const float* zeros,
                int64_t begin, int64_t end) {
  const int64_t units = shape.units, time = shape.time, width = 4 * units;
  for (int64_t b = begin; b < end; b++) {
    float* first = m.previous + (b * time + shape.at(0)) * units;
    copyRowOrZero(m.hidden ? m.hidden + b * units : nullptr, first, units);
    shape.roundFactors(first, units);
  }
  for (int64_t step = 0; step < time; step++) {
    const int64_t t = shape.at(step);
    inputs.project(t, begin, end);
    const bool isFromZero = step == 0 && m.hidden == nullptr;
    float* gatesOfFirst = m.gates + (begin * time + t) * width;
    if (!isFromZero) {
      recurrentKernel.multiply({m.previous + (begin * time + t) * units, time * units}, end - begin, {gatesOfFirst, time * width}, gatesOfFirst,
                               time * width);
    }
    for (int64_t b = begin; b < end; b++) {
      const int64_t row = b * time + t;
      const float* cellBefore = step > 0 ? m.cells + (b * time + shape.at(step - 1)) * units : m.cell ? m.cell + b * units : zeros;
      const bool isLast = step == time - 1;
      float* cell = m.cells + row * units;
      float* hidden = isLast ? m.lastHidden + b * units : m.previous + (b * time + shape.at(step + 1)) * units;
      stepForward(shape, m.gates + row * width, cellBefore, cell, hidden);
      if (m.sequence) copyRow(hidden, m.sequence + (b * time + step) * units, units);
      if (!isLast) shape.roundFactors(hidden, units);
      if (isLast && m.lastCell) copyRow(cell, m.lastCell + b * units, units);
    }
  }
}

/**
 * lstmForward(x, kernel, bias?, recurrentKernel, hidden?, cell?, sequence?, lastHidden, lastCell?, gates, cells, previous, shape), see LstmForward.
 * x and the kernels are all float32 or all bfloat16.
 */
void lstmForward(Call& call) {
  const RnnShape shape(call, 12, 3);
  const int64_t units = shape.units, width = 4 * units, states = shape.batch * units, steps = shape.batch * shape.time;
  const auto optional = [&](size_t index, int64_t least) { return call.has(index) ? call.floats(index, least).data : nullptr; };
  LstmForward m;
  m.hidden = optional(4, states);
  m.cell = optional(5, states);
  m.sequence = optional(6, steps * units);
  m.lastHidden = call.floats(7, states).data;
  m.lastCell = optional(8, states);
  m.gates = call.floats(9, steps * width).data;
  m.cells = call.floats(10, steps * units).data;
  m.previous = call.floats(11, steps * units).data;
  float* zeros = scratch(kRnnRows, units);
  copyRowOrZero(nullptr, zeros, units);
  withElements(call, 3, units * width, [&](const auto* recurrentKernel) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(recurrentKernel)>>;
    const T *x = elementsLike<T>(call, 0, steps * shape.features), *kernel = elementsLike<T>(call, 1, shape.features * width);
    const RnnInputs inputs(shape, width, x, kernel, optional(2, width), m.gates);
    const Panels panels(scratch(kRnnWeights, Panels::size(units, width)), recurrentKernel, width, units, width, false);
    parallelFor(shape.batch, shape.grain(width), [&](int64_t begin, int64_t end) { runForward(shape, m, inputs, panels, zeros, begin, end); });
  });
}
SNAPFIT_EXPORT(lstmForward);

/** Memory of a backward pass. */
struct LstmBackward {
  const float *sequence, *lastHidden, *lastCell;  // gradients of the results; null: zero
  const float *gates, *cells, *cell;              // as in the forward pass
  float *gateGradients;                           // [batch, time, 4 units], of z
  float *hiddenGradient, *cellGradient;           // [batch, units]: run backwards in time, in the end those of the initial states
  float *bias;                                    // [batch, 4 units], sums over time; null: not wanted
  float *activated;                               // [batch, units], scratch
};

/** One row of one step: from the gradients of h' and c' to those of z and c. */
void stepBackward(const RnnShape& shape, const float* gates, const float* cell, const float* cellBefore, const float* hiddenGradient,
                  float* cellGradient, float* gateGradients, float* activated) {
  const int64_t units = shape.units;
  const float *input = gates, *forget = gates + units, *candidate = gates + 2 * units, *output = gates + 3 * units;
  float *dInput = gateGradients, *dForget = gateGradients + units, *dCandidate = gateGradients + 2 * units, *dOutput = gateGradients + 3 * units;
  activate(shape.activation, cell, activated, units);
#pragma omp simd
  for (int64_t j = 0; j < units; j++) {
    dOutput[j] = hiddenGradient[j] * activated[j];
    dInput[j] = hiddenGradient[j] * output[j];
  }
  multiplyBySlope(shape.activation, activated, dInput, units);
#pragma omp simd
  for (int64_t j = 0; j < units; j++) {
    const float dCell = cellGradient[j] + dInput[j];
    dInput[j] = dCell * candidate[j];
    dForget[j] = dCell * cellBefore[j];
    dCandidate[j] = dCell * input[j];
    cellGradient[j] = dCell * forget[j];
  }
  multiplyBySlope(shape.recurrent, gates, gateGradients, 2 * units);
  multiplyBySlope(shape.activation, candidate, dCandidate, units);
  multiplyBySlope(shape.recurrent, output, dOutput, units);
}

void runBackward(const RnnShape& shape, const LstmBackward& m, const Panels& transposed, const float* zeros, int64_t begin, int64_t end) {
  const int64_t units = shape.units, time = shape.time, width = 4 * units;
  for (int64_t b = begin; b < end; b++) {
    copyRowOrZero(m.lastHidden ? m.lastHidden + b * units : nullptr, m.hiddenGradient + b * units, units);
    copyRowOrZero(m.lastCell ? m.lastCell + b * units : nullptr, m.cellGradient + b * units, units);
    if (m.bias) copyRowOrZero(nullptr, m.bias + b * width, width);
  }
  for (int64_t step = time - 1; step >= 0; step--) {
    const int64_t t = shape.at(step);
    for (int64_t b = begin; b < end; b++) {
      const int64_t row = b * time + t;
      float* hiddenGradient = m.hiddenGradient + b * units;
      if (m.sequence) addRow(m.sequence + (b * time + step) * units, hiddenGradient, units);
      const float* cellBefore = step > 0 ? m.cells + (b * time + shape.at(step - 1)) * units : m.cell ? m.cell + b * units : zeros;
      float* gateGradients = m.gateGradients + row * width;
      stepBackward(shape, m.gates + row * width, m.cells + row * units, cellBefore, hiddenGradient, m.cellGradient + b * units, gateGradients,
                   m.activated + b * units);
      shape.roundFactors(gateGradients, width);
      if (m.bias) addRow(gateGradients, m.bias + b * width, width);
    }
    transposed.multiply({m.gateGradients + (begin * time + t) * width, time * width}, end - begin, {nullptr, 0},
                        m.hiddenGradient + begin * units, units);
  }
}

/**
 * lstmBackward(sequence?, lastHidden?, lastCell?, gates, cells, cell?, recurrentKernel, gateGradients, hiddenGradient, cellGradient, bias?, shape),
 * see LstmBackward; bias [4 units]. The recurrent kernel is float32 or bfloat16.
 */
void lstmBackward(Call& call) {
  const RnnShape shape(call, 11, 6);
  const int64_t units = shape.units, width = 4 * units, states = shape.batch * units, steps = shape.batch * shape.time;
  const auto optional = [&](size_t index, int64_t least) { return call.has(index) ? call.floats(index, least).data : nullptr; };
  LstmBackward m;
  m.sequence = optional(0, steps * units);
  m.lastHidden = optional(1, states);
  m.lastCell = optional(2, states);
  m.gates = call.floats(3, steps * width).data;
  m.cells = call.floats(4, steps * units).data;
  m.cell = optional(5, states);
  m.gateGradients = call.floats(7, steps * width).data;
  m.hiddenGradient = call.floats(8, states).data;
  m.cellGradient = call.floats(9, states).data;
  float* bias = optional(10, width);
  m.bias = bias ? scratch(kRnnBias, shape.batch * width) : nullptr;
  m.activated = scratch(kRnnMoreRows, states);
  float* zeros = scratch(kRnnRows, units);
  copyRowOrZero(nullptr, zeros, units);
  withElements(call, 6, units * width, [&](const auto* recurrentKernel) {
    const Panels panels(scratch(kRnnWeights, Panels::size(width, units)), recurrentKernel, width, width, units, true);
    parallelFor(shape.batch, shape.grain(width), [&](int64_t begin, int64_t end) { runBackward(shape, m, panels, zeros, begin, end); });
  });
  if (bias) sumRows(m.bias, shape.batch, width, bias);
}
SNAPFIT_EXPORT(lstmBackward);

}  // namespace
}  // namespace snapfit
