// Typed arrays of any kind, for kernels that move values without looking at them: only the size of an element matters.
#pragma once

#include <algorithm>
#include <cstdint>

#include "call.h"

namespace snapfit {

struct Elements {
  void* data;
  size_t length;
  /** Bytes of one element: 4 (float32, int32), 2 (bfloat16) or 1 (bool). */
  int size;

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

/** The typed array at `index`; `least` is the number of elements that will be touched. */
inline Elements elements(const Call& call, size_t index, size_t least = 0) {
  switch (call.typeOf(index)) {
    case napi_int32_array: {
      const Ints span = call.ints(index, least);
      return {span.data, span.length, 4};
    }
    case napi_uint8_array: {
      const Bytes span = call.bytes(index, least);
      return {span.data, span.length, 1};
    }
    case napi_uint16_array: {
      const Halves span = call.halves(index, least);
      return {span.data, span.length, 2};
    }
    default: {
      const Floats span = call.floats(index, least);
      return {span.data, span.length, 4};
    }
  }
}

/** Throws where two arrays that one kernel connects differ in the size of their elements. */
inline void requireSameSize(const Elements& from, const Elements& to) {
  if (from.size != to.size) throw CallError("internal: a native kernel got arrays of elements of " + std::to_string(from.size) + " and " + std::to_string(to.size) + " bytes.");
}

/** Calls `body` with a value of the unsigned type that has the size of an element. */
template <class Body>
void withElementType(int size, const Body& body) {
  if (size == 4) body(uint32_t{0});
  else if (size == 2) body(uint16_t{0});
  else body(uint8_t{0});
}

/** Copies `count` neighbours: short rows are not worth a call. */
template <class T>
inline void copyRow(const T* from, T* to, int64_t count) {
  if (count > 16) std::copy_n(from, count, to);
  else
    for (int64_t i = 0; i < count; i++) to[i] = from[i];
}

/** Least number of elements that are worth a thread, where elements are only moved. */
constexpr int64_t kMoveGrain = 50000;

/** How many items of `itemLength` elements are worth a thread. */
inline int64_t moveGrain(int64_t itemLength) { return std::max<int64_t>(1, kMoveGrain / std::max<int64_t>(1, itemLength)); }

}  // namespace snapfit
