// Threefry-2x32 with 20 rounds, as in @snapfit/base: word i of a stream is a pure function of its key and i, so that a dropout mask is never stored.
#pragma once

#include <algorithm>
#include <cstdint>

#include "vector-math.h"

namespace snapfit {

/** A stream's key. */
struct StreamKey {
  uint32_t first, second;
};

/** Dropout as the kernels take it: element i stays where the top 24 bits of word i are at least `threshold`, and is multiplied by `scale`. */
struct DropoutMask {
  StreamKey key{0, 0};
  int32_t threshold = 0;
  float scale = 1;
  bool isOn() const { return threshold > 0; }
};

template <int kBits>
inline uint32_t rotated(uint32_t x) {
  return (x << kBits) | (x >> (32 - kBits));
}

/** Four rounds: x0 += x1; x1 = rotate(x1) ^ x0. */
template <int kA, int kB, int kC, int kD>
inline void threefryRounds(uint32_t& x0, uint32_t& x1) {
  x0 += x1;
  x1 = rotated<kA>(x1) ^ x0;
  x0 += x1;
  x1 = rotated<kB>(x1) ^ x0;
  x0 += x1;
  x1 = rotated<kC>(x1) ^ x0;
  x0 += x1;
  x1 = rotated<kD>(x1) ^ x0;
}

/** Words 2 i and 2 i + 1 of a stream, for the block i = (x0, x1), low word first; written over the block. */
inline void threefry(StreamKey key, uint32_t& x0, uint32_t& x1) {
  const uint32_t key2 = 0x1bd11bdau ^ key.first ^ key.second;
  x0 += key.first;
  x1 += key.second;
  threefryRounds<13, 15, 26, 6>(x0, x1);
  x0 += key.second;
  x1 += key2 + 1;
  threefryRounds<17, 29, 16, 24>(x0, x1);
  x0 += key2;
  x1 += key.first + 2;
  threefryRounds<13, 15, 26, 6>(x0, x1);
  x0 += key.first;
  x1 += key.second + 3;
  threefryRounds<17, 29, 16, 24>(x0, x1);
  x0 += key.second;
  x1 += key2 + 4;
  threefryRounds<13, 15, 26, 6>(x0, x1);
  x0 += key2;
  x1 += key.first + 5;
}

/** `factors[i]` = the mask's scale where element `first + i` stays, else 0. */
inline void fillFactors(const DropoutMask& mask, uint64_t first, int64_t count, float* factors) {
  // Values of their own, and the choice as an and of bits: a load or branch in the loop would keep it from being vectorised.
  const StreamKey key = mask.key;
  const int32_t threshold = mask.threshold, scaleBits = bitsOf(mask.scale);
  const auto factorOf = [=](uint32_t word) { return floatOf(-static_cast<int32_t>(static_cast<int32_t>(word >> 8) >= threshold) & scaleBits); };
  const auto single = [=](uint64_t index) {
    auto word0 = static_cast<uint32_t>(index / 2), word1 = static_cast<uint32_t>(index / 2 >> 32);
    threefry(key, word0, word1);
    return factorOf(index % 2 == 0 ? word0 : word1);
  };
  int64_t begin = 0;
  if (count > 0 && first % 2 == 1) factors[begin++] = single(first);
  while (begin + 2 <= count) {
    // Within a run the high word of the block is the same, so that all lanes count in 32 bits.
    const uint64_t block = (first + begin) / 2;
    const auto low = static_cast<uint32_t>(block), high = static_cast<uint32_t>(block >> 32);
    const int64_t untilWrap = (int64_t{1} << 32) - low;
    const auto run = static_cast<int32_t>(std::min({(count - begin) / 2, untilWrap, int64_t{1} << 30}));
    float* const to = factors + begin;
#pragma omp simd
    for (int32_t i = 0; i < run; i++) {
      uint32_t word0 = low + static_cast<uint32_t>(i), word1 = high;
      threefry(key, word0, word1);
      to[2 * i] = factorOf(word0);
      to[2 * i + 1] = factorOf(word1);
    }
    begin += int64_t{2} * run;
  }
  if (begin < count) factors[begin] = single(first + begin);
}

}  // namespace snapfit
