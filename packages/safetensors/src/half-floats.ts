/** float32 values of 16-bit floats: sign, 5 bits of exponent, 10 of fraction. */
export function fromFloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const table = (float16Values ??= Float32Array.from({ length: 65_536 }, (_, half) => float16Value(half)));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]!]!;
  return floats;
}

/** float32 values of bfloat16: the upper half of a float32. */
export function fromBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Rounds to the nearest 16-bit float, ties to even. From 65520 on it is Infinity; NaN stays NaN. */
export function toFloat16(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const magnitude = bits[i]! & 0x7fff_ffff;
    if (magnitude > 0x7f80_0000) halves[i] = sign | 0x7e00;
    else if (magnitude >= 0x477f_f000) halves[i] = sign | 0x7c00;
    // Normal: exponent bias 127 becomes 15, and 13 bits of fraction go.
    else if (magnitude >= 0x3880_0000) halves[i] = sign | roundedShift(magnitude - 0x3800_0000, 13);
    // Subnormal: multiples of 2^-24. Below 2^-25 all is 0.
    else if (magnitude > 0x3300_0000) halves[i] = sign | roundedShift((magnitude & 0x7f_ffff) | 0x80_0000, 126 - (magnitude >>> 23));
    else halves[i] = sign;
  }
  return halves;
}

/** Rounds to the nearest bfloat16, ties to even. NaN stays NaN. */
export function toBfloat16(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < halves.length; i++) {
    const value = bits[i]!;
    const isNaN = (value & 0x7fff_ffff) > 0x7f80_0000;
    halves[i] = isNaN ? (value >>> 16) | 0x40 : roundedShift(value, 16);
  }
  return halves;
}

let float16Values: Float32Array | undefined;

function float16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** `value / 2^shift`, rounded to the nearest integer, ties to even. */
function roundedShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & (2 ** shift - 1);
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
