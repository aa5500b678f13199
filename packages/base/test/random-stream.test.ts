import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomStream, threefry2x32 } from "@snapfit/base";

function block(key: [number, number], counter: [number, number]): string[] {
  const out = new Uint32Array(2);
  threefry2x32(key[0], key[1], counter[0], counter[1], out);
  return [...out].map((word) => word.toString(16).padStart(8, "0"));
}

describe("threefry2x32", () => {
  it("equals the published test vectors of Random123", () => {
    expect(block([0, 0], [0, 0])).toEqual(["6b200159", "99ba4efe"]);
    expect(block([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual(["1cb996fc", "bb002be7"]);
    expect(block([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual(["c4923a9c", "483df7a0"]);
  });
});

describe("RandomStream", () => {
  it("repeats with the seed and differs with seed and name", () => {
    const draw = (stream: RandomStream) => Array.from({ length: 8 }, () => stream.uint32());
    expect(draw(RandomStream.fromSeed(7))).toEqual(draw(RandomStream.fromSeed(7)));
    const streams = [
      RandomStream.fromSeed(0),
      RandomStream.fromSeed(7),
      RandomStream.fromSeed(0.5),
      RandomStream.fromSeed(7, "a"),
      RandomStream.fromSeed(7, 1),
      RandomStream.fromSeed(7, "1"),
      RandomStream.fromSeed(7, ""),
      RandomStream.fromSeed(7, "a\0"),
      RandomStream.fromSeed(7, 2 ** 40),
    ];
    expect(new Set(streams.map((stream) => draw(stream).join())).size).toBe(streams.length);
  });

  it("splits by names one after the other, whatever was drawn", () => {
    const parent = RandomStream.fromSeed(7);
    const before = parent.split("epoch", 3);
    parent.uint32();
    expect(parent.saveState().counter).toBe(1);
    expect(parent.split("epoch").split(3).saveState()).toEqual(before.saveState());
    expect(RandomStream.fromSeed(7, "epoch", 3).saveState()).toEqual(before.saveState());
    expect(before.saveState().counter).toBe(0);
    expect(parent.split(-0).saveState()).toEqual(parent.split(0).saveState());
  });

  it("gives random access to the same words", () => {
    const stream = RandomStream.fromSeed(1);
    const words = Array.from({ length: 9 }, () => stream.uint32());
    expect(words.map((_, index) => stream.at(index))).toEqual(words);
    const key = stream.saveState().key;
    for (const index of [2 ** 33 - 1, 2 ** 33, 2 ** 33 + 1, 2 ** 53 - 2]) {
      stream.loadState({ key, counter: index });
      expect(stream.at(index)).toBe(stream.uint32());
    }
    expect(stream.at(2 ** 33)).not.toBe(stream.at(0));
  });

  it("fills any part of a mask with the same values", () => {
    const stream = RandomStream.fromSeed(2);
    const whole = new Float32Array(101);
    stream.fillUniform(whole);
    expect(stream.saveState().counter).toBe(101);
    expect(whole[5]).toBe(Math.floor(stream.at(5) / 256) / 2 ** 24);
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (a, b) => {
        const part = new Float32Array(Math.abs(a - b));
        stream.fillUniformAt(part, Math.min(a, b));
        expect(part).toEqual(whole.slice(Math.min(a, b), Math.max(a, b)));
      }),
      { seed: 1 },
    );
    const doubles = new Float64Array(3);
    RandomStream.fromSeed(2).fillUniform(doubles);
    const again = RandomStream.fromSeed(2);
    expect([...doubles]).toEqual([again.uniform(), again.uniform(), again.uniform()]);
  });

  it("has the moments of the distributions it names", () => {
    const stream = RandomStream.fromSeed(3);
    const n = 200_000;
    const moments = (draw: () => number) => {
      let sum = 0,
        squares = 0,
        fourth = 0;
      for (let i = 0; i < n; i++) {
        const x = draw();
        sum += x;
        squares += x * x;
        fourth += x ** 4;
      }
      return [sum / n, squares / n, fourth / n] as const;
    };
    const [uniformMean, uniformSquare] = moments(() => stream.uniform());
    expect(uniformMean).toBeCloseTo(1 / 2, 2);
    expect(uniformSquare).toBeCloseTo(1 / 3, 2);
    const [mean, variance, kurtosis] = moments(() => stream.normal());
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.1);
  });

  it("draws integers without bias, up to 2^53", () => {
    const stream = RandomStream.fromSeed(4);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[stream.integer(6)]!++;
    // chi-squared with 5 degrees of freedom: 20.5 is passed once in a thousand seeds
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5);
    expect(stream.integer(1)).toBe(0);
    const large = Array.from({ length: 200 }, () => stream.integer(2 ** 40 + 1));
    expect(Math.max(...large)).toBeGreaterThan(2 ** 39);
    expect(large.every((value) => Number.isInteger(value) && value <= 2 ** 40)).toBe(true);
    expect(new Set(large.map((value) => value % 2)).size).toBe(2);
    expect(Array.from({ length: 20 }, () => stream.integer(2 ** 53)).every(Number.isSafeInteger)).toBe(true);
    expect(Array.from({ length: 20 }, () => stream.integer(2 ** 32)).every((value) => value < 2 ** 32)).toBe(true);
  });

  it("permutes: each number once, all orders alike", () => {
    expect([...RandomStream.fromSeed(5).permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = RandomStream.fromSeed(seed).permutation(3).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(RandomStream.fromSeed(5).permutation(0)).toEqual(new Uint32Array(0));
  });

  it("goes on from any saved state with the same bits", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.array(fc.constantFrom("uint32", "uniform", "normal"), { maxLength: 7 }),
        (seed, calls) => {
          const stream = RandomStream.fromSeed(seed);
          for (const call of calls) stream[call as "uint32"]();
          const copy = RandomStream.fromState(JSON.parse(JSON.stringify(stream.saveState())));
          expect([copy.normal(), copy.uint32(), copy.uniform()]).toEqual([stream.normal(), stream.uint32(), stream.uniform()]);
        },
      ),
      { seed: 2 },
    );
  });

  it("names what it cannot do", () => {
    const stream = RandomStream.fromSeed(1);
    for (const bound of [0, -1, 1.5, NaN, 2 ** 54])
      expect(() => stream.integer(bound)).toThrow(expect.objectContaining({ code: "RANDOM_RANGE" }));
    expect(() => stream.permutation(-1)).toThrow("permutation(-1) is not possible");
    expect(() => stream.at(-1)).toThrow("Word -1");
    expect(() => stream.fillUniformAt(new Float32Array(1), 0.5)).toThrow("Word 0.5");
    expect(() => RandomStream.fromSeed(NaN)).toThrow(expect.objectContaining({ code: "RANDOM_NAME" }));
    expect(() => stream.split(Infinity)).toThrow("cannot be named or seeded by Infinity");
    for (const state of [
      null,
      3,
      [],
      {},
      { key: [1], counter: 0 },
      { key: [1, -1], counter: 0 },
      { key: [1, 2], counter: 0.5 },
      { key: [1, 2 ** 32], counter: 0 },
    ]) {
      expect(() => stream.loadState(state)).toThrow(expect.objectContaining({ code: "STATE_MALFORMED" }));
    }
  });
});
