import { ZIGZAG } from "./jpeg-coefficients.js";

// Constants of the factorization, times 2^13. The same precision as libjpeg's slow integer transform gives the same bits.
const SCALE_BITS = 13;
/** Bits of fraction that the columns' results keep. */
const PASS_BITS = 2;
const fixed = (value: number): number => Math.round(value * (1 << SCALE_BITS));
const C_0_298 = fixed(0.298631336);
const C_0_390 = fixed(0.390180644);
const C_0_541 = fixed(0.5411961);
const C_0_765 = fixed(0.765366865);
const C_0_899 = fixed(0.899976223);
const C_1_175 = fixed(1.175875602);
const C_1_501 = fixed(1.50132111);
const C_1_847 = fixed(1.847759065);
const C_1_961 = fixed(1.96157056);
const C_2_053 = fixed(2.053119869);
const C_2_562 = fixed(2.562915447);
const C_3_072 = fixed(3.072711026);

const block = new Int32Array(64);

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
    block[position] = value * quantization[k]!;
  }
  if (isFlat) {
    const value = toSample((block[0]! << PASS_BITS) << SCALE_BITS);
    for (let row = 0; row < 8; row++) samples.fill(value, to + row * stride, to + row * stride + 8);
    return;
  }
  for (let column = 0; column < 8; column++) transform(column, 8, SCALE_BITS - PASS_BITS);
  for (let row = 0; row < 8; row++) {
    transform(8 * row, 1, 0);
    for (let column = 0; column < 8; column++) samples[to + row * stride + column] = toSample(block[8 * row + column]!);
  }
}

/** A result of both passes, which is 2^18 times the sample less 128, rounded. */
function toSample(value: number): number {
  const shift = SCALE_BITS + PASS_BITS + 3;
  const sample = ((value + (1 << (shift - 1))) >> shift) + 128;
  return sample < 0 ? 0 : sample > 255 ? 255 : sample;
}

/** Eight values of `block` in place, times 2^13, rounded to 2^`shift`. */
function transform(at: number, step: number, shift: number): void {
  const half = shift > 0 ? 1 << (shift - 1) : 0;
  const i1 = at + step;
  const i2 = i1 + step;
  const i3 = i2 + step;
  const i4 = i3 + step;
  const i5 = i4 + step;
  const i6 = i5 + step;
  const i7 = i6 + step;
  // Even part: a rotation of coefficients 2 and 6, then sums and differences.
  const common = (block[i2]! + block[i6]!) * C_0_541;
  const low = common - block[i6]! * C_1_847;
  const high = common + block[i2]! * C_0_765;
  const sum = (block[at]! + block[i4]!) << SCALE_BITS;
  const difference = (block[at]! - block[i4]!) << SCALE_BITS;
  const even0 = sum + high;
  const even1 = difference + low;
  const even2 = difference - low;
  const even3 = sum - high;
  // Odd part: coefficients 7, 5, 3, 1.
  const v7 = block[i7]!;
  const v5 = block[i5]!;
  const v3 = block[i3]!;
  const v1 = block[i1]!;
  const shared = (v7 + v3 + v5 + v1) * C_1_175;
  const z1 = (v7 + v1) * C_0_899;
  const z2 = (v5 + v3) * C_2_562;
  const z3 = shared - (v7 + v3) * C_1_961;
  const z4 = shared - (v5 + v1) * C_0_390;
  const odd3 = v7 * C_0_298 - z1 + z3;
  const odd2 = v5 * C_2_053 - z2 + z4;
  const odd1 = v3 * C_3_072 - z2 + z3;
  const odd0 = v1 * C_1_501 - z1 + z4;
  block[at] = (even0 + odd0 + half) >> shift;
  block[i7] = (even0 - odd0 + half) >> shift;
  block[i1] = (even1 + odd1 + half) >> shift;
  block[i6] = (even1 - odd1 + half) >> shift;
  block[i2] = (even2 + odd2 + half) >> shift;
  block[i5] = (even2 - odd2 + half) >> shift;
  block[i3] = (even3 + odd3 + half) >> shift;
  block[i4] = (even3 - odd3 + half) >> shift;
}
