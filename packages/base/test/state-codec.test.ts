import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalStates, hostTensor, parseState, stringifyState, type StateTree } from "@snapfit/base";
import { fromBase64, toBase64 } from "../src/base64.js";

const malformed = expect.objectContaining({ code: "STATE_MALFORMED" });

// Bytes first, so that every NaN payload and subnormal occurs.
const typedArray = fc
  .tuple(
    fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array),
    fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 3 }),
  )
  .map(([ArrayType, words]) => new ArrayType(Uint8Array.from(words.flatMap((word) => [...word])).buffer));
const tensor = fc.tuple(fc.nat(3), fc.nat(3), fc.constantFrom("float32", "int32", "uint8", "bool")).map(([rows, columns, dtype]) => {
  const ArrayType = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array }[dtype]!;
  return hostTensor(new ArrayType(rows * columns).fill(1), [rows, columns], dtype as "bool");
});
const key = fc.oneof(
  fc.string(),
  fc.constantFrom("$number", "$$tensor", "$", "__proto__", "constructor", "toString", "0", "data", "shape", "dtype", "\ud800"),
);
const { state } = fc.letrec<{ state: StateTree }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.constantFrom(NaN, Infinity, -Infinity, -0, 5e-324),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.constant("\udfff"),
    typedArray,
    tensor,
    fc.array(tie("state"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("state")), { maxLength: 4 }).map((entries) => {
      const record = {};
      for (const [name, value] of entries)
        Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
      return record;
    }),
  ),
}));

describe("stringifyState and parseState", () => {
  it("give back the same bits, whatever the state", () => {
    fc.assert(
      fc.property(state, (tree) => {
        const text = stringifyState(tree);
        const back = parseState(text);
        expect(equalStates(tree, back)).toBeUndefined();
        expect(stringifyState(back)).toBe(text);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it("write what the documentation shows", () => {
    expect(stringifyState({ a: [1, NaN, -0, -Infinity], $b: 7n, f: new Float32Array([1]), u: new Uint8Array([0, 255]) })).toBe(
      '{"a":[1,{"$number":"NaN"},{"$number":"-0"},{"$number":"-Infinity"}],"$$b":{"$bigint":"7"},"f":{"$float32":"AACAPw=="},"u":{"$uint8":"AP8="}}',
    );
    expect(stringifyState(hostTensor(new Uint8Array([1, 0]), [2, 1], "bool"))).toBe(
      '{"$tensor":{"dtype":"bool","shape":[2,1],"data":"AQA="}}',
    );
  });

  it("keep the payload of a NaN", () => {
    const array = new Float32Array(new Uint32Array([0x7fc12345, 0xffc00001, 0x7f800001]).buffer);
    const back = parseState(stringifyState({ array })) as { array: Float32Array };
    expect([...new Uint32Array(back.array.buffer)]).toEqual([0x7fc12345, 0xffc00001, 0x7f800001]);
  });

  it("write only the part that a view looks at, and give each array its own buffer", () => {
    const whole = new Float32Array([1, 2, 3, 4]);
    const [a, b] = parseState(stringifyState([whole.subarray(1, 3), whole])) as [Float32Array, Float32Array];
    expect([...a]).toEqual([2, 3]);
    expect(a.buffer.byteLength).toBe(8);
    expect(a.buffer).not.toBe(b.buffer);
  });

  it("treat a record that only looks like a tensor as a record", () => {
    const lookalikes: StateTree = [
      { dtype: "float64", shape: [1], data: new Float64Array(1) },
      { dtype: "float32", shape: [2], data: new Float32Array(1) },
      { dtype: "float32", shape: [1], data: new Float32Array(1), extra: 1 },
      { dtype: "float32", shape: [-0], data: new Float32Array(0) },
    ];
    expect(stringifyState(lookalikes)).not.toContain("$tensor");
    expect(equalStates(parseState(stringifyState(lookalikes)), lookalikes)).toBeUndefined();
  });

  it("do not let a key reach the prototype", () => {
    const back = parseState('{"__proto__":{"polluted":true},"constructor":1}') as Record<string, StateTree>;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(stringifyState(back)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
  });

  it("refuse to write what is no state, naming the path", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const cases: [unknown, string][] = [
      [{ a: [{ "b c": undefined }] }, 'a[0]["b c"] is of type undefined'],
      [{ f: () => 1 }, "f is of type function"],
      [new Map(), "the root is a Map"],
      [[new Date(0)], "[0] is a Date"],
      [{ a: new Int16Array(1) }, "a is a Int16Array"],
      [cycle, "or holds itself"],
      [Symbol("s"), "the root is of type symbol"],
      [new Array(1), "[0] is of type undefined"],
    ];
    for (const [value, message] of cases) {
      expect(() => stringifyState(value as StateTree)).toThrow(message);
      expect(() => stringifyState(value as StateTree)).toThrow(malformed);
    }
    expect(stringifyState(Object.create(null) as StateTree)).toBe("{}");
  });

  it("refuse hostile text with one kind of error", () => {
    const cases = [
      "",
      "{",
      "undefined",
      "1e999",
      '{"$number":"1"}',
      '{"$number":1}',
      '{"$number":"NaN","a":1}',
      '{"a":1,"$x":"1"}',
      '{"$bigint":"1.5"}',
      '{"$bigint":"-0"}',
      '{"$bigint":"0x10"}',
      '{"$toString":"1"}',
      '{"$float32":"AAA="}',
      '{"$float32":"A"}',
      '{"$uint8":"A=AA"}',
      '{"$uint8":"AB=="}',
      '{"$uint8":"é==="}',
      '{"$float32":[1]}',
      '{"$":"x"}',
      '{"$__proto__":"x"}',
      '{"$tensor":null}',
      '{"$tensor":{"dtype":"float32","shape":[2],"data":"AACAPw=="}}',
      '{"$tensor":{"dtype":"float32","shape":[1e999],"data":""}}',
      '{"$tensor":{"dtype":"toString","shape":[],"data":""}}',
      '{"$tensor":{"dtype":"float64","shape":[0],"data":""}}',
      '{"$tensor":{"dtype":"float32","shape":{"length":0},"data":"AACAPw=="}}',
      '{"$tensor":{"dtype":"float32","shape":[1],"data":"AACAPw==","x":1}}',
      '{"$tensor":{"dtype":"float32","shape":["1"],"data":"AACAPw=="}}',
      "[".repeat(300) + "]".repeat(300),
      "[".repeat(1e6),
      "[".repeat(1e5) + "]".repeat(1e5),
      '{"a":'.repeat(1e4) + "1" + "}".repeat(1e4),
    ];
    for (const text of cases) expect(() => parseState(text), text.slice(0, 60)).toThrow(malformed);
    expect(() => parseState('{"a":[0,{"$number":"one"}]}')).toThrow('a[1] has an unknown tag or value, "$number": "one"');
  });

  it("never fail in another way, on any JSON and any cut text", () => {
    const onlyMalformed = (text: string): void => {
      try {
        parseState(text);
      } catch (error) {
        expect(error).toMatchObject({ name: "SnapfitError", code: "STATE_MALFORMED" });
      }
    };
    fc.assert(fc.property(fc.json(), onlyMalformed), { seed: 2, numRuns: 500 });
    fc.assert(
      fc.property(state, fc.nat(), fc.string({ maxLength: 3 }), (tree, position, insert) => {
        const text = stringifyState(tree);
        const at = position % (text.length + 1);
        onlyMalformed(text.slice(0, at) + insert + text.slice(at + insert.length));
        onlyMalformed(text.slice(0, at));
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});

describe("equalStates", () => {
  it("names the first difference", () => {
    const cases: [StateTree, StateTree, string][] = [
      [1, 2, "the root"],
      [0, -0, "the root"],
      [{ a: { "b.c": [1, 2] } }, { a: { "b.c": [1, 3] } }, 'a["b.c"][1]'],
      [{ a: 1 }, { a: 1, b: 2 }, "b"],
      [{ a: 1, b: 2 }, { a: 1 }, "b"],
      [[1], [1, 2], "[1]"],
      [[], {}, "the root"],
      [null, {}, "the root"],
      [1n, 1, "the root"],
      [{ f: new Float32Array([1, 2]) }, { f: new Float32Array([1, 3]) }, "f[1]"],
      [{ f: new Float32Array([1]) }, { f: new Float32Array([1, 2]) }, "f[1]"],
      [{ f: new Float32Array(1) }, { f: new Int32Array(1) }, "f"],
      [[0], new Float32Array(1), "the root"],
      [hostTensor(new Float32Array(2), [2]), hostTensor(new Float32Array(2), [1, 2]), "shape[0]"],
    ];
    for (const [a, b, path] of cases) expect(equalStates(a, b)).toBe(path);
  });

  it("finds no difference between equal bits, whatever the order of keys", () => {
    expect(equalStates({ a: NaN, b: [-0, 1n, "x"] }, { b: [-0, 1n, "x"], a: NaN })).toBeUndefined();
    expect(equalStates(new Float64Array([NaN]), new Float64Array([NaN]))).toBeUndefined();
  });
});

describe("base64", () => {
  it("equals Node's", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
      { seed: 4 },
    );
  });
});
