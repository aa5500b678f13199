import type { RandomStream } from "@snapfit/base";
import { encodeSafetensors, safetensorsDtypes, type SafetensorsTensor } from "../src/index.js";
import { fileOf } from "./file-of.js";

const NUMBERS = [
  "0",
  "1",
  "2",
  "8",
  "-1",
  "01",
  "1.0",
  "1e1",
  "255",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551616",
  "9".repeat(40),
];
const STRINGS = /"[^"]*"/g;
const TOKENS = [
  ...Array.from('{}[]:,"\\ \n\0'),
  ...safetensorsDtypes.map((dtype) => `"${dtype}"`),
  '"dtype"',
  '"shape"',
  '"data_offsets"',
  '"__metadata__"',
  '"__proto__"',
  '"a"',
  '""',
  "null",
  "true",
  "[]",
  "{}",
  "\\u0061",
  "\\ud800",
  "\u00ff",
];

/** A safetensors file that was damaged in one or two places, mostly within its header and mostly with a header length that fits. */
export function mutatedFile(random: RandomStream): Uint8Array {
  const file = validFile(random);
  const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
  // One character a byte, so that damage can also break UTF-8.
  let header = Buffer.from(file.subarray(8, 8 + headerBytes)).toString("latin1");
  let payloadBytes = file.length - 8 - headerBytes;
  for (let left = random.integer(2); left >= 0; left--) {
    if (random.integer(8) === 0) payloadBytes = Math.max(0, payloadBytes + random.integer(9) - 4);
    else header = mutatedText(header, random);
  }
  const damaged = fileOf(Buffer.from(header, "latin1"), payloadBytes);
  for (let i = 8 + header.length; i < damaged.length; i++) damaged[i] = i;
  const fate = random.integer(32);
  if (fate === 0) damaged[random.integer(8)] = random.integer(256);
  if (fate === 1 && damaged.length > 8) damaged[8 + random.integer(damaged.length - 8)]! ^= 1 << random.integer(8);
  return fate === 2 ? damaged.subarray(0, random.integer(damaged.length + 1)) : damaged;
}

function validFile(random: RandomStream): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, SafetensorsTensor>();
  for (let i = random.integer(4); i > 0; i--) {
    const dtype = safetensorsDtypes[random.integer(safetensorsDtypes.length)]!;
    const shape = Array.from({ length: random.integer(4) }, () => random.integer(3));
    // Four elements fill whole bytes in every dtype.
    if (/^F[46]/.test(dtype)) shape.push(4);
    const bits = dtype === "BOOL" ? 8 : Number(/\d+/.exec(dtype)![0]);
    const bytes = new Uint8Array(shape.reduce((product, length) => product * length, bits) / 8);
    tensors.set(["a", "b", "layers.0.kernel", "é\n", "__proto__"][random.integer(5)]!, { dtype, shape, bytes });
  }
  return encodeSafetensors(tensors, random.integer(3) === 0 ? { metadata: { format: "pt", a: '"' } } : {});
}

function mutatedText(text: string, random: RandomStream): string {
  const at = random.integer(text.length + 1);
  const end = Math.min(text.length, at + random.integer(12));
  const token = TOKENS[random.integer(TOKENS.length)]!;
  switch (random.integer(9)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, end) + text.slice(at);
    case 2:
      return text.slice(0, at) + token + text.slice(at);
    case 3:
      return text.slice(0, at) + token + text.slice(end);
    case 4:
      return text.slice(0, at) + String.fromCharCode(random.integer(256)) + text.slice(at + 1);
    case 5:
      return replaceOne(text, STRINGS, token, random);
    case 6:
      // One string in the place of another: names and fields that stand twice.
      return replaceOne(text, STRINGS, [...text.matchAll(STRINGS), [token]][random.integer(3)]?.[0] ?? token, random);
    default:
      return replaceOne(text, /\d+/g, NUMBERS[random.integer(NUMBERS.length)]!, random);
  }
}

function replaceOne(text: string, pattern: RegExp, replacement: string, random: RandomStream): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text;
  const match = matches[random.integer(matches.length)]!;
  return text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length);
}
