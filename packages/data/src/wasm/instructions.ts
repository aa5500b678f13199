// Instructions, each a function of the code of its operands. @see WebAssembly core specification 2.0, section 5.4
import { signed, unsigned, type Code } from "./code.js";
import type { Local } from "./wasm-module.js";

type Unary = (a: Code) => Code;
type Binary = (a: Code, b: Code) => Code;

const unary =
  (...code: number[]): Unary =>
  (a) => [a, code];
const binary =
  (...code: number[]): Binary =>
  (a, b) => [a, b, code];

export const set = ([, index]: Local, value: Code): Code => [value, 0x21, index];
/** Sets a variable and is its value. */
export const tee = ([, index]: Local, value: Code): Code => [value, 0x22, index];

export const loop = (...body: Code[]): Code => [0x03, 0x40, body, 0x0b];
export const block = (...body: Code[]): Code => [0x02, 0x40, body, 0x0b];
export const when = (condition: Code, ...body: Code[]): Code => [condition, 0x04, 0x40, body, 0x0b];
export const choose = (condition: Code, then: readonly Code[], otherwise: readonly Code[]): Code => [
  [condition, 0x04, 0x40, then],
  [0x05, otherwise, 0x0b],
];
/** To the start of a loop or the end of a block: of the innermost with a depth of 0. */
export const jump = (depth: number): Code => [0x0c, depth];
export const jumpIf = (depth: number, condition: Code): Code => [condition, 0x0d, depth];
/** Runs a body again while the int32 at its end is not 0. */
export const repeatWhile = (body: readonly Code[], condition: Code): Code => loop(...body, jumpIf(0, condition));

export const returnNow: Code = [0x0f];

/** Instructions of int32, which addresses are too. */
export const int = {
  constant: (value: number): Code => [0x41, signed(value)],
  load8: (address: Code, offset = 0): Code => [address, 0x2d, 0, unsigned(offset)],
  load16: (address: Code, offset = 0): Code => [address, 0x2f, 0, unsigned(offset)],
  load32: (address: Code, offset = 0): Code => [address, 0x28, 0, unsigned(offset)],
  store16: (address: Code, value: Code, offset = 0): Code => [address, value, 0x3b, 0, unsigned(offset)],
  store32: (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, 0, unsigned(offset)],
  isZero: unary(0x45),
  isEqual: binary(0x46),
  isLess: binary(0x48),
  isGreater: binary(0x4a),
  add: binary(0x6a),
  subtract: binary(0x6b),
  and: binary(0x71),
  or: binary(0x72),
  exclusiveOr: binary(0x73),
  shiftLeft: binary(0x74),
  shiftRight: binary(0x75),
  rotateLeft: binary(0x77),
  /** The lower half. */
  ofLong: unary(0xa7),
} as const;

/** Instructions of int64. */
export const long = {
  load: (address: Code, offset = 0): Code => [address, 0x29, 0, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x37, 0, unsigned(offset)],
  constant: (value: number): Code => [0x42, signed(value)],
  or: binary(0x84),
  shiftLeft: binary(0x86),
  shiftRight: binary(0x87),
  shiftRightUnsigned: binary(0x88),
  /** Of an unsigned int32. */
  ofInt: unary(0xad),
} as const;

const ofVector = (code: number): number[] => [0xfd, ...unsigned(code)];

/** Instructions of 128 bits: 16 bytes, 8 int16 or 4 int32. */
export const vector = {
  load: (address: Code, offset = 0): Code => [address, ofVector(0x00), 0, unsigned(offset)],
  /** One int32 in all four lanes. */
  load32Splat: (address: Code): Code => [address, ofVector(0x09), 0, 0],
  /** Four bytes, the other twelve are 0. */
  load32Zero: (address: Code): Code => [address, ofVector(0x5c), 0, 0],
  /** Eight unsigned bytes as int16. */
  load8Bytes: (address: Code, offset = 0): Code => [address, ofVector(0x02), 0, unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, ofVector(0x0b), 0, unsigned(offset)],
  /** The first four bytes. */
  storeFirst32: (address: Code, value: Code): Code => [address, value, ofVector(0x5a), 0, 0, 0],
  /** The half of eight bytes, 0 or 1. */
  store64: (address: Code, value: Code, half: 0 | 1): Code => [address, value, ofVector(0x5b), 0, 0, half],
  splat16: unary(...ofVector(0x10)),
  splat32: unary(...ofVector(0x11)),
  /** Bytes of two vectors, 0 to 15 and 16 to 31. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [a, b, ofVector(0x0d), lanes],
  bytesToInt16Low: unary(...ofVector(0x89)),
  bytesToInt16High: unary(...ofVector(0x8a)),
  int16ToInt32Low: unary(...ofVector(0xa7)),
  int16ToInt32High: unary(...ofVector(0xa8)),
  /** Beyond the range of int16, its bounds. */
  int32ToInt16: binary(...ofVector(0x85)),
  /** Below 0: 0, above 255: 255. */
  int16ToBytes: binary(...ofVector(0x66)),
  /** Beyond the range of int8, its bounds. */
  int16ToInt8: binary(...ofVector(0x65)),
  exclusiveOr: binary(...ofVector(0x51)),
  or: binary(...ofVector(0x50)),
  add16: binary(...ofVector(0x8e)),
  subtract16: binary(...ofVector(0x91)),
  multiply16: binary(...ofVector(0x95)),
  /** (a b + 2^14) >> 15. */
  multiplyFractions16: binary(...ofVector(0x82)),
  shiftLeft16: binary(...ofVector(0x8b)),
  shiftRight16: binary(...ofVector(0x8c)),
  add32: binary(...ofVector(0xae)),
  subtract32: binary(...ofVector(0xb1)),
  multiply32: binary(...ofVector(0xb5)),
  shiftLeft32: binary(...ofVector(0xab)),
  shiftRight32: binary(...ofVector(0xac)),
  /** Of pairs of int16: the sums of their products. */
  sumOfProducts: binary(...ofVector(0xba)),
} as const;
