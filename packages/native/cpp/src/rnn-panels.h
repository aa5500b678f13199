// A weight matrix that is used in every time step: packed once, then multiplied with few rows at a time, without threads of its own.
#pragma once

#include <cstdint>

namespace snapfit {

/**
 * A matrix [depth, columns] cut into panels of adjacent columns, each of them stored row by row. The product sums in the order of `depth`,
 * so that a row of it does not depend on which rows are computed beside it, nor on threads.
 */
class Panels {
 public:
  /** Floats of memory that the packed matrix takes. */
  static int64_t size(int64_t depth, int64_t columns);

  /** Packs `matrix`, float or Bf16, in parallel; element (k, j) is matrix[k * stride + j], or matrix[j * stride + k] where it `isTransposed`. */
  template <class T>
  Panels(float* memory, const T* matrix, int64_t stride, int64_t depth, int64_t columns, bool isTransposed);

  /** Rows in memory: row r starts at data + r * stride. A stride of 0 repeats one row. */
  struct Rows {
    const float* data;
    int64_t stride;
  };

  /** product[rows, columns] = start[rows, columns] + left[rows, depth] x matrix. `start` may be the product itself, or have no data: zeros. */
  void multiply(Rows left, int64_t rows, Rows start, float* product, int64_t productStride) const;

 private:
  const float* packed_;
  int64_t depth_;
  int64_t columns_;
};

}  // namespace snapfit
