import { readFileSync } from "node:fs";
import { hostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { fromHostTensor, fromHostTensors, toHostTensor, type SafetensorsDtype, type SafetensorsTensor } from "../src/index.js";
import { fromTensor, toTensor } from "../src/tfjs/index.js";
import { errorOf } from "./error-of.js";

const fixture = JSON.parse(readFileSync(new URL("fixtures/values.json", import.meta.url), "utf8")) as Record<string, string>;

function tensorOf(dtype: SafetensorsDtype, values: ArrayBufferView, shape?: number[]): SafetensorsTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype, shape: shape ?? [(values as Uint8Array).length], bytes };
}

describe("widening", () => {
  test.each([
    ["F32", new Float32Array([1.5, -2, 3e38]), "float32"],
    ["F64", new Float64Array([1.5, -2, Infinity]), "float32"],
    ["I32", new Int32Array([1, -2, 2 ** 31 - 1]), "int32"],
    ["U8", new Uint8Array([0, 1, 255]), "int32"],
    ["I8", new Int8Array([0, -128, 127]), "int32"],
    ["U16", new Uint16Array([0, 1, 65_535]), "int32"],
    ["I16", new Int16Array([0, -32_768, 32_767]), "int32"],
    ["U32", new Uint32Array([0, 1, 2 ** 31 - 1]), "int32"],
    ["BOOL", new Uint8Array([0, 1, 1]), "bool"],
  ] as const)("%s", async (dtype, values, expected) => {
    const tensor = toTensor(tensorOf(dtype, values, [3, 1]));
    expect([tensor.dtype, tensor.shape]).toEqual([expected, [3, 1]]);
    expect([...(await tensor.data())]).toEqual(
      [...Float32Array.from(values)].map((value, i) => (expected === "int32" ? values[i]! : value)),
    );
    tensor.dispose();
  });

  test("I64 and U64", () => {
    expect(toHostTensor(tensorOf("I64", new BigInt64Array([-(2n ** 31n), 7n]))).data).toEqual(Int32Array.of(-(2 ** 31), 7));
    expect(toHostTensor(tensorOf("U64", new BigUint64Array([2n ** 31n - 1n]))).data).toEqual(Int32Array.of(2 ** 31 - 1));
  });

  test.each(["F16", "BF16"] as const)("all 65 536 values of %s are PyTorch's", (dtype) => {
    const { data } = toHostTensor(
      tensorOf(
        dtype,
        Uint16Array.from({ length: 65_536 }, (_, i) => i),
      ),
    );
    expect(digest(data as Float32Array)).toBe(fixture[dtype === "F16" ? "float16Digest" : "bfloat16Digest"]);
  });

  test("a view at an odd place of a file is read, and the tensor is a copy", () => {
    const file = new Uint8Array(16);
    new DataView(file.buffer).setFloat32(3, 0.5, true);
    const tensor = toHostTensor({ dtype: "F32", shape: [1], bytes: file.subarray(3, 7) });
    file.fill(0);
    expect(tensor.data).toEqual(Float32Array.of(0.5));
  });
});

describe("values that do not fit are an error with the tensor's name", () => {
  test.each([
    ["I64", new BigInt64Array([1n, 2n ** 31n]), "2147483648"],
    ["I64", new BigInt64Array([-(2n ** 63n)]), "-9223372036854775808"],
    ["U64", new BigUint64Array([2n ** 64n - 1n]), "18446744073709551615"],
    ["U32", new Uint32Array([2 ** 31]), "2147483648"],
    ["F64", new Float64Array([1e300]), "1e+300"],
    ["BOOL", new Uint8Array([2]), "2"],
  ] as const)("%s %s", async (dtype, values, text) => {
    const error = await errorOf(() => toTensor(tensorOf(dtype, values), "ids.0"));
    expect(error).toMatchObject({ code: "VALUE_RANGE", message: expect.stringContaining(`"ids.0" of ${dtype} holds ${text},`) });
  });

  test.each([
    ["F16", 65_520],
    ["BF16", 3.4e38],
  ] as const)("float32 as %s: %d", async (floats, value) => {
    const error = await errorOf(() => fromHostTensor(hostTensor(Float32Array.of(0, value), [2]), { floats }, "kernel"));
    expect(error).toMatchObject({ code: "VALUE_RANGE", message: expect.stringContaining('"kernel"') });
  });

  test.each(["C64", "F8_E4M3", "F4"] as const)("%s has no tensor", async (dtype) => {
    const tensor = { dtype, shape: [2], bytes: new Uint8Array(dtype === "C64" ? 16 : dtype === "F4" ? 1 : 2) };
    expect(await errorOf(() => toTensor(tensor, "x"))).toMatchObject({ code: "DTYPE_UNSUPPORTED" });
  });

  test("bytes that are not those of the shape", async () => {
    expect(await errorOf(() => toTensor({ dtype: "F32", shape: [2], bytes: new Uint8Array(4) }))).toMatchObject({ code: "BYTES_MISMATCH" });
  });
});

describe("writing", () => {
  const floats = new Float32Array(Uint8Array.from(Buffer.from(fixture["floats"]!, "hex")).buffer);

  test.each([
    ["F16", "asFloat16", 65_520],
    ["BF16", "asBfloat16", Infinity],
  ] as const)("%s is rounded as PyTorch rounds", (dtype, key, limit) => {
    const expected = new Uint16Array(Uint8Array.from(Buffer.from(fixture[key]!, "hex")).buffer);
    const fitting = [...floats.keys()].filter((i) => Math.abs(floats[i]!) < limit || !Number.isFinite(floats[i]));
    expect(fitting.length).toBeGreaterThan(250);
    const { bytes } = fromHostTensor(
      hostTensor(
        Float32Array.from(fitting, (i) => floats[i]!),
        [fitting.length],
      ),
      { floats: dtype },
    );
    const withoutPayload = (half: number, i: number): number => (Number.isNaN(floats[fitting[i]!]) ? NaN : half);
    expect([...new Uint16Array(bytes.buffer)].map(withoutPayload)).toEqual(fitting.map((i, at) => withoutPayload(expected[i]!, at)));
    for (const [at, i] of fitting.entries())
      if (Number.isNaN(floats[i]!)) expect(toHostTensor({ dtype, shape: [fitting.length], bytes }).data[at]).toBeNaN();
  });

  test("tensors come back with dtype, shape and values", async () => {
    for (const tensor of [
      tf.tensor([0.5, -1], [2, 1]),
      tf.tensor([1, -2], [2], "int32"),
      tf.tensor([true, false], [2], "bool"),
      tf.scalar(3),
    ]) {
      const written = await fromTensor(tensor);
      const back = toTensor(written);
      expect(written.dtype).toBe({ float32: "F32", int32: "I32", bool: "BOOL" }[tensor.dtype as "bool"]);
      expect([back.dtype, back.shape, await back.array()]).toEqual([tensor.dtype, tensor.shape, await tensor.array()]);
      tf.dispose([tensor, back]);
    }
  });

  test("host tensors of uint8 are U8", () => {
    expect(fromHostTensor(hostTensor(Uint8Array.of(200), [1]))).toEqual({ dtype: "U8", shape: [1], bytes: Uint8Array.of(200) });
  });

  test("a record of host tensors keeps its names, and an error says which one it is", async () => {
    const tensors = fromHostTensors({ kernel: hostTensor(Float32Array.of(1, 2), [2]), bias: hostTensor(Int32Array.of(3), [1]) });
    expect([...tensors].map(([name, { dtype }]) => `${name} ${dtype}`)).toEqual(["kernel F32", "bias I32"]);
    const error = await errorOf(() => fromHostTensors({ kernel: hostTensor(Float32Array.of(1e6), [1]) }, { floats: "F16" }));
    expect(error).toMatchObject({ code: "VALUE_RANGE", message: expect.stringContaining('"kernel"') });
  });

  test("a tensor that was cast from integers is written as floats", async () => {
    const tensor = tf.tidy(() => tf.tensor([1, 2], [2], "int32").cast("float32"));
    expect(new Float32Array((await fromTensor(tensor)).bytes.slice().buffer)).toEqual(Float32Array.of(1, 2));
    tensor.dispose();
  });

  test("what is written does not change with the tensor", async () => {
    const tensor = tf.tensor([1]);
    const { bytes } = await fromTensor(tensor);
    (await tensor.data())[0] = 5;
    expect(new Float32Array(bytes.buffer)[0]).toBe(1);
    tensor.dispose();
  });

  test("text has no dtype", async () => {
    const tensor = tf.tensor(["a"]);
    expect(await errorOf(() => fromTensor(tensor, {}, "words"))).toMatchObject({ code: "DTYPE_UNSUPPORTED" });
    tensor.dispose();
  });
});

/** 64-bit FNV-1a of the bits, NaN left out; as in make_value_fixtures.py. */
function digest(values: Float32Array): string {
  const bits = new Uint32Array(values.buffer);
  let result = 0xcbf29ce484222325n;
  for (let i = 0; i < bits.length; i++)
    result = BigInt.asUintN(64, (result ^ (Number.isNaN(values[i]) ? 0n : BigInt(bits[i]!))) * 0x100000001b3n);
  return `0x${result.toString(16)}`;
}
