import { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { dropout } from "../src/index.js";
import { here } from "./engines.js";

/** What dropout(ones, rate, seed) has to be. */
function expectedMask(size: number, rate: number, seed: number): number[] {
  const stream = RandomStream.fromSeed(seed, "dropout");
  return Array.from({ length: size }, (_, i) => ((stream.at(i) >>> 8) / 2 ** 24 < rate ? 0 : Math.fround(1 / (1 - rate))));
}

describe.each(here("cpu", "wasm", "native"))("dropout on %s", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  it.each([
    [[1], 0.5, 0],
    [[7, 3], 0.1, 1],
    [[40, 1025], 0.3, -2.5],
    [[33], 0.999, 2 ** 40],
    [[7, 3], 0.1, 1],
  ] as const)("keeps what the seed's stream says: %j, rate %d, seed %d", async (shape, rate, seed) => {
    const size = tf.util.sizeFromShape([...shape]);
    const values = await dropout(tf.ones([...shape]), rate, seed).data();
    expect([...values]).toEqual(expectedMask(size, rate, seed));
    const dx = tf.grad((x) => dropout(x, rate, seed))(tf.fill([...shape], 5), tf.ones([...shape]));
    expect([...(await dx.data())]).toEqual([...values]);
  });

  it("drops the share that the rate names", async () => {
    const values = await dropout(tf.ones([100_000]), 0.1, 4).data();
    const share = values.filter((value) => value === 0).length / values.length;
    // Four standard deviations.
    expect(Math.abs(share - 0.1)).toBeLessThan(0.004);
  });

  it("of rate 0 changes nothing; NaN stays, dropped or not", async () => {
    expect([...(await dropout(tf.tensor1d([1, 2]), 0, 1).data())]).toEqual([1, 2]);
    expect([...(await dropout(tf.fill([20], NaN), 0.5, 1).data())].every(Number.isNaN)).toBe(true);
    expect(dropout(tf.zeros([0, 3]), 0.5, 1).shape).toEqual([0, 3]);
  });

  it.each([
    [-0.1, 1],
    [1, 1],
    [NaN, 1],
    [0.5, NaN],
  ])("refuses rate %d and seed %d", (rate, seed) => {
    expect(() => dropout(tf.ones([2]), rate, seed)).toThrow(/^dropout\(\) got (rate|seed): /);
  });
});
