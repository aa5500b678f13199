// GRU over a whole sequence, in one call, in the form of Keras with resetAfter: false. a = x K + b, in three parts for z, r and the candidate;
// z = s(a_z + h R_z), r = s(a_r + h R_r), g = f(a_g + (r h) R_g), h' = z h + (1 - z) g.
#include "onednn.h"
#include "rnn-sequence.h"
#include "threads.h"

namespace snapfit {
namespace {

/** The recurrent kernel [units, 3 units] in two, both as they are or both transposed: the columns of z and r, and those of the candidate. */
struct GruPanels {
  template <class T>
  GruPanels(const T* kernel, int64_t units, bool isTransposed)
      : gates(scratch(kRnnWeights, isTransposed ? Panels::size(2 * units, units) : Panels::size(units, 2 * units)), kernel, 3 * units,
              isTransposed ? 2 * units : units, isTransposed ? units : 2 * units, isTransposed),
        candidate(scratch(kRnnMoreWeights, Panels::size(units, units)), kernel + 2 * units, 3 * units, units, units, isTransposed) {}

  Panels gates, candidate;
};

/** Memory of a forward pass. */
struct GruForward {
  const float* hidden;                // initial state [batch, units]; null: zeros
  float *sequence, *lastHidden;       // results; the sequence may be null
  float *gates, *reset, *previous;    // kept for the gradient: [batch, time, 3 units], r h and h [batch, time, units]
  float* factors;                     // [batch, units], h as bfloat16 has it; null in float32
};

void runForward(const RnnShape& shape, const GruForward& m, const RnnInputs& inputs, const GruPanels& panels, int64_t begin, int64_t end) {
  const int64_t units = shape.units, time = shape.time, width = 3 * units;
  for (int64_t b = begin; b < end; b++) {
    copyRowOrZero(m.hidden ? m.hidden + b * units : nullptr, m.previous + (b * time + shape.at(0)) * units, units);
  }
  for (int64_t step = 0; step < time; step++) {
    const int64_t t = shape.at(step), first = begin * time + t;
    inputs.project(t, begin, end);
    const bool isFromZero = step == 0 && m.hidden == nullptr;
    float* gatesOfFirst = m.gates + first * width;
    if (!isFromZero) {
      Panels::Rows states = {m.previous + first * units, time * units};
      if (shape.isBf16) {
        for (int64_t b = begin; b < end; b++) copyRow(m.previous + (b * time + t) * units, m.factors + b * units, units);
        states = {m.factors + begin * units, units};
        roundRow(m.factors + begin * units, (end - begin) * units);
      }
      panels.gates.multiply(states, end - begin, {gatesOfFirst, time * width}, gatesOfFirst, time * width);
    }
    for (int64_t b = begin; b < end; b++) {
      float *gates = m.gates + (b * time + t) * width, *reset = m.reset + (b * time + t) * units;
      const float* hidden = m.previous + (b * time + t) * units;
      activate(shape.recurrent, gates, gates, 2 * units);
#pragma omp simd
      for (int64_t j = 0; j < units; j++) reset[j] = gates[units + j] * hidden[j];
      shape.roundFactors(reset, units);
    }
    if (!isFromZero) {
      float* candidates = gatesOfFirst + 2 * units;
      panels.candidate.multiply({m.reset + first * units, time * units}, end - begin, {candidates, time * width}, candidates, time * width);
    }
    for (int64_t b = begin; b < end; b++) {
      float *update = m.gates + (b * time + t) * width, *candidate = update + 2 * units;
      const float* before = m.previous + (b * time + t) * units;
      float* hidden = step == time - 1 ? m.lastHidden + b * units : m.previous + (b * time + shape.at(step + 1)) * units;
      activate(shape.activation, candidate, candidate, units);
#pragma omp simd
      for (int64_t j = 0; j < units; j++) hidden[j] = update[j] * before[j] + (1.0f - update[j]) * candidate[j];
      if (m.sequence) copyRow(hidden, m.sequence + (b * time + step) * units, units);
    }
  }
}

/**
 * gruForward(x, kernel, bias?, recurrentKernel, hidden?, sequence?, lastHidden, gates, reset, previous, shape), see GruForward. x and the kernels are
 * all float32 or all bfloat16.
 */
void gruForward(Call& call) {
  const RnnShape shape(call, 10, 3);
  const int64_t units = shape.units, width = 3 * units, states = shape.batch * units, steps = shape.batch * shape.time;
  const auto optional = [&](size_t index, int64_t least) { return call.has(index) ? call.floats(index, least).data : nullptr; };
  GruForward m;
  m.hidden = optional(4, states);
  m.sequence = optional(5, steps * units);
  m.lastHidden = call.floats(6, states).data;
  m.gates = call.floats(7, steps * width).data;
  m.reset = call.floats(8, steps * units).data;
  m.previous = call.floats(9, steps * units).data;
  m.factors = shape.isBf16 ? scratch(kRnnRows, states) : nullptr;
  withElements(call, 3, units * width, [&](const auto* recurrentKernel) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(recurrentKernel)>>;
    const T *x = elementsLike<T>(call, 0, steps * shape.features), *kernel = elementsLike<T>(call, 1, shape.features * width);
    const RnnInputs inputs(shape, width, x, kernel, optional(2, width), m.gates);
    const GruPanels panels(recurrentKernel, units, false);
    parallelFor(shape.batch, shape.grain(width), [&](int64_t begin, int64_t end) { runForward(shape, m, inputs, panels, begin, end); });
  });
}
SNAPFIT_EXPORT(gruForward);

/** Memory of a backward pass. */
struct GruBackward {
  const float *sequence, *lastHidden;  // gradients of the results; null: zero
  const float *gates, *previous;       // as in the forward pass
  float* gateGradients;                // [batch, time, 3 units], of the gates before their activations
  float* hiddenGradient;               // [batch, units]: runs backwards in time, in the end that of the initial state
  float* bias;                         // [batch, 3 units], sums over time; null: not wanted
  float* resetGradient;                // [batch, units], of r h, scratch
};

/** One row of one step before the gradient of r h is known: from that of h' to those of z, the candidate and, in part, h. */
void enterStep(const RnnShape& shape, const float* gates, const float* before, float* hiddenGradient, float* gateGradients) {
  const int64_t units = shape.units;
  const float *update = gates, *candidate = gates + 2 * units;
  float *dUpdate = gateGradients, *dCandidate = gateGradients + 2 * units;
#pragma omp simd
  for (int64_t j = 0; j < units; j++) {
    const float dHidden = hiddenGradient[j];
    dCandidate[j] = dHidden * (1.0f - update[j]);
    dUpdate[j] = dHidden * (before[j] - candidate[j]);
    hiddenGradient[j] = dHidden * update[j];
  }
  multiplyBySlope(shape.recurrent, update, dUpdate, units);
  multiplyBySlope(shape.activation, candidate, dCandidate, units);
  shape.roundFactors(dUpdate, units);
  shape.roundFactors(dCandidate, units);
}

/** The rest of it: the gradient of r, and what h gets through r h. */
void leaveStep(const RnnShape& shape, const float* gates, const float* before, const float* resetGradient, float* hiddenGradient,
               float* gateGradients) {
  const int64_t units = shape.units;
  const float* reset = gates + units;
  float* dReset = gateGradients + units;
#pragma omp simd
  for (int64_t j = 0; j < units; j++) {
    dReset[j] = resetGradient[j] * before[j];
    hiddenGradient[j] += resetGradient[j] * reset[j];
  }
  multiplyBySlope(shape.recurrent, reset, dReset, units);
  shape.roundFactors(dReset, units);
}

void runBackward(const RnnShape& shape, const GruBackward& m, const GruPanels& transposed, int64_t begin, int64_t end) {
  const int64_t units = shape.units, time = shape.time, width = 3 * units;
  for (int64_t b = begin; b < end; b++) {
    copyRowOrZero(m.lastHidden ? m.lastHidden + b * units : nullptr, m.hiddenGradient + b * units, units);
    if (m.bias) copyRowOrZero(nullptr, m.bias + b * width, width);
  }
  for (int64_t step = time - 1; step >= 0; step--) {
    const int64_t t = shape.at(step), first = begin * time + t;
    for (int64_t b = begin; b < end; b++) {
      const int64_t row = b * time + t;
      if (m.sequence) addRow(m.sequence + (b * time + step) * units, m.hiddenGradient + b * units, units);
      enterStep(shape, m.gates + row * width, m.previous + row * units, m.hiddenGradient + b * units, m.gateGradients + row * width);
    }
    const float* gradientsOfFirst = m.gateGradients + first * width;
    float* resetOfFirst = m.resetGradient + begin * units;
    transposed.candidate.multiply({gradientsOfFirst + 2 * units, time * width}, end - begin, {nullptr, 0}, resetOfFirst, units);
    for (int64_t b = begin; b < end; b++) {
      const int64_t row = b * time + t;
      leaveStep(shape, m.gates + row * width, m.previous + row * units, m.resetGradient + b * units, m.hiddenGradient + b * units,
                m.gateGradients + row * width);
      if (m.bias) addRow(m.gateGradients + row * width, m.bias + b * width, width);
    }
    float* hiddenOfFirst = m.hiddenGradient + begin * units;
    transposed.gates.multiply({gradientsOfFirst, time * width}, end - begin, {hiddenOfFirst, units}, hiddenOfFirst, units);
  }
}

/**
 * gruBackward(sequence?, lastHidden?, gates, previous, recurrentKernel, gateGradients, hiddenGradient, bias?, shape), see GruBackward;
 * bias [3 units]. The recurrent kernel is float32 or bfloat16.
 */
void gruBackward(Call& call) {
  const RnnShape shape(call, 8, 4);
  const int64_t units = shape.units, width = 3 * units, states = shape.batch * units, steps = shape.batch * shape.time;
  const auto optional = [&](size_t index, int64_t least) { return call.has(index) ? call.floats(index, least).data : nullptr; };
  GruBackward m;
  m.sequence = optional(0, steps * units);
  m.lastHidden = optional(1, states);
  m.gates = call.floats(2, steps * width).data;
  m.previous = call.floats(3, steps * units).data;
  m.gateGradients = call.floats(5, steps * width).data;
  m.hiddenGradient = call.floats(6, states).data;
  float* bias = optional(7, width);
  m.bias = bias ? scratch(kRnnBias, shape.batch * width) : nullptr;
  m.resetGradient = scratch(kRnnMoreRows, states);
  withElements(call, 4, units * width, [&](const auto* recurrentKernel) {
    const GruPanels panels(recurrentKernel, units, true);
    parallelFor(shape.batch, shape.grain(width), [&](int64_t begin, int64_t end) { runBackward(shape, m, panels, begin, end); });
  });
  if (bias) sumRows(m.bias, shape.batch, width, bias);
}
SNAPFIT_EXPORT(gruBackward);

}  // namespace
}  // namespace snapfit
