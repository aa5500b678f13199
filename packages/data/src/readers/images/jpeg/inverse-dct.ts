import { ZIGZAG } from "./coefficients.js";

/** Bits of fraction of the constants: with libjpeg's precision come libjpeg's bits. */
export const SCALE_BITS = 13;
/** Bits of fraction that the columns' results keep. */
export const PASS_BITS = 2;
const fixed = (value: number): number => Math.round(value * (1 << SCALE_BITS));
/** Constants of the factorization, times 2^13, by their first digits. */
export const cosines = {
  c298: fixed(0.298631336),
  c390: fixed(0.390180644),
  c541: fixed(0.5411961),
  c765: fixed(0.765366865),
  c899: fixed(0.899976223),
  c1175: fixed(1.175875602),
  c1501: fixed(1.50132111),
  c1847: fixed(1.847759065),
  c1961: fixed(1.96157056),
  c2053: fixed(2.053119869),
  c2562: fixed(2.562915447),
  c3072: fixed(3.072711026),
} as const;
const { c298, c390, c541, c765, c899, c1175, c1501, c1847, c1961, c2053, c2562, c3072 } = cosines;

const block = new Int32Array(64);

// libjpeg-turbo computes in 16 bits. Only damaged data go beyond them, and they too are to give the same bits everywhere.
const toInt16 = (value: number): number => (value << 16) >> 16;
const clampedToInt16 = (value: number): number => Math.max(-32_768, Math.min(32_767, value));

/**
 * Multiplies a block's coefficients by the quantization table (in the order of the file) and transforms them back, to samples around 128.
 * @see Loeffler, Ligtenberg, Moschytz: Practical fast 1-D DCT algorithms with 11 multiplications, ICASSP 1989
 */
export function inverseDct(
  coefficients: Int16Array,
  from: number,
  quantization: Uint16Array,
  samples: Uint8Array,
  to: number,
  stride: number,
): void {
  let isFlat = true;
  for (let k = 0; k < 64; k++) {
    const position = ZIGZAG[k]!;
    const value = coefficients[from + position]!;
    if (value !== 0 && k > 0) isFlat = false;
    block[position] = toInt16(value * quantization[k]!);
  }
  if (isFlat) {
    const value = toSample((clampedToInt16(block[0]! << PASS_BITS) + (1 << (PASS_BITS + 2))) >> (PASS_BITS + 3));
    for (let row = 0; row < 8; row++) samples.fill(value, to + row * stride, to + row * stride + 8);
    return;
  }
  for (let column = 0; column < 8; column++) transform(column, 8, SCALE_BITS - PASS_BITS);
  for (let row = 0; row < 8; row++) {
    transform(8 * row, 1, SCALE_BITS + PASS_BITS + 3);
    for (let column = 0; column < 8; column++) samples[to + row * stride + column] = toSample(block[8 * row + column]!);
  }
}

function toSample(value: number): number {
  return Math.max(0, Math.min(255, value + 128));
}

/** Eight values of `block` in place, times 2^13, rounded to 2^`shift`. */
function transform(at: number, step: number, shift: number): void {
  const half = 1 << (shift - 1);
  const i1 = at + step;
  const i2 = i1 + step;
  const i3 = i2 + step;
  const i4 = i3 + step;
  const i5 = i4 + step;
  const i6 = i5 + step;
  const i7 = i6 + step;
  // Even part: a rotation of coefficients 2 and 6, then sums and differences.
  const common = (block[i2]! + block[i6]!) * c541;
  const low = common - block[i6]! * c1847;
  const high = common + block[i2]! * c765;
  const sum = toInt16(block[at]! + block[i4]!) << SCALE_BITS;
  const difference = toInt16(block[at]! - block[i4]!) << SCALE_BITS;
  const even0 = sum + high;
  const even1 = difference + low;
  const even2 = difference - low;
  const even3 = sum - high;
  // Odd part: coefficients 7, 5, 3, 1.
  const v7 = block[i7]!;
  const v5 = block[i5]!;
  const v3 = block[i3]!;
  const v1 = block[i1]!;
  const sum73 = toInt16(v7 + v3);
  const sum51 = toInt16(v5 + v1);
  const shared = (sum73 + sum51) * c1175;
  const z1 = (v7 + v1) * c899;
  const z2 = (v5 + v3) * c2562;
  const z3 = shared - sum73 * c1961;
  const z4 = shared - sum51 * c390;
  const odd3 = v7 * c298 - z1 + z3;
  const odd2 = v5 * c2053 - z2 + z4;
  const odd1 = v3 * c3072 - z2 + z3;
  const odd0 = v1 * c1501 - z1 + z4;
  block[at] = clampedToInt16((even0 + odd0 + half) >> shift);
  block[i7] = clampedToInt16((even0 - odd0 + half) >> shift);
  block[i1] = clampedToInt16((even1 + odd1 + half) >> shift);
  block[i6] = clampedToInt16((even1 - odd1 + half) >> shift);
  block[i2] = clampedToInt16((even2 + odd2 + half) >> shift);
  block[i5] = clampedToInt16((even2 - odd2 + half) >> shift);
  block[i3] = clampedToInt16((even3 + odd3 + half) >> shift);
  block[i4] = clampedToInt16((even3 - odd3 + half) >> shift);
}
