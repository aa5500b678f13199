// What LSTM and GRU share: sizes, the order of time, and the products over all time steps at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "bf16.h"
#include "call.h"
#include "rnn-activation.h"
#include "rnn-panels.h"

namespace snapfit {

/**
 * Sizes of a sequence [batch, time, ...]. What a kernel keeps of each step lies in the order of the input: index `at(step)`;
 * only the output sequence is in the order of steps.
 */
struct RnnShape {
  /** From [batch, time, features, units, recurrentActivation, activation, goBackwards]; in the precision in which the recurrent kernel lies. */
  RnnShape(const Call& call, size_t shape, size_t recurrentKernel) : RnnShape(call.ints(shape, 7), call.typeOf(recurrentKernel) == napi_uint16_array) {}
  RnnShape(const Ints& p, bool inBf16)
      : batch(p[0]), time(p[1]), features(p[2]), units(p[3]), recurrent(static_cast<RnnActivation>(p[4])),
        activation(static_cast<RnnActivation>(p[5])), isBackwards(p[6] != 0), isBf16(inBf16) {}

  int64_t batch, time, features, units;
  RnnActivation recurrent, activation;
  bool isBackwards;
  /** Whether factors of products are bfloat16. */
  bool isBf16;

  int64_t at(int64_t step) const { return isBackwards ? time - 1 - step : step; }
  /** What is done to a row that enters products only. */
  void roundFactors(float* row, int64_t count) const {
    if (isBf16) roundRow(row, count);
  }
  /** Rows of the batch that are worth a thread, where a step takes `width` gates: about a million multiply-adds. */
  int64_t grain(int64_t width) const { return std::max<int64_t>(1, 1000000 / (time * width * units + 1)); }
};

/** Slots of scratch(). */
enum RnnScratch : size_t { kRnnWeights = 700, kRnnMoreWeights, kRnnInputWeights, kRnnRows, kRnnMoreRows, kRnnBias };

inline void copyRow(const float* from, float* to, int64_t count) { std::memcpy(to, from, count * sizeof(float)); }
/** Zeros where `from` is null. */
inline void copyRowOrZero(const float* from, float* to, int64_t count) {
  if (from == nullptr) std::memset(to, 0, count * sizeof(float));
  else copyRow(from, to, count);
}
/** sum += row */
inline void addRow(const float* row, float* sum, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) sum[i] += row[i];
}
/** bias[columns] = sum of the rows, in their order. */
inline void sumRows(const float* rows, int64_t numRows, int64_t columns, float* bias) {
  std::memset(bias, 0, columns * sizeof(float));
  for (int64_t r = 0; r < numRows; r++) addRow(rows + r * columns, bias, columns);
}

/** The part of the gates that needs no state, x[batch, time, features] x kernel[features, width] + bias, for all steps at once or step by step. */
class RnnInputs {
 public:
  /**
   * x and kernel are both float or both Bf16; `bias` may be null. Computes all of `gates` [batch, time, width] at once in bfloat16, and where the
   * kernel is too large to stay in a core's cache.
   */
  template <class T>
  RnnInputs(const RnnShape& shape, int64_t width, const T* x, const T* kernel, const float* bias, float* gates);

  /** Computes the gates of one step, rows `begin` to `end` of the batch, if that has not been done. */
  void project(int64_t t, int64_t begin, int64_t end) const;

 private:
  const RnnShape& shape_;
  int64_t width_;
  const float* x_ = nullptr;
  const float* bias_;
  float* gates_;
  std::optional<Panels> kernel_;
};

}  // namespace snapfit
