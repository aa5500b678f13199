import { describe, expect, it } from "vitest";
import { BufferPool } from "../src/buffer-pool.js";

const MiB = 2 ** 20;
const pool = (): BufferPool => new BufferPool((bytes) => (64 - (bytes.byteOffset % 64)) % 64);

/** Takes arrays of these lengths, then gives them all back. */
function use(from: BufferPool, lengths: readonly number[]): void {
  for (const array of lengths.map((length) => from.take(Float32Array, length))) from.give(array);
}

describe("the pool", () => {
  it("hands an array out again, to one user at a time and for its own kind and length", () => {
    const memory = pool();
    const first = memory.take(Float32Array, 10);
    const second = memory.take(Float32Array, 10);
    expect(second.buffer).not.toBe(first.buffer);
    memory.give(first);
    expect(memory.bytes).toMatchObject({ used: 40, idle: 40 });
    expect(memory.take(Int32Array, 10).buffer).not.toBe(first.buffer);
    expect(memory.take(Float32Array, 9).buffer).not.toBe(first.buffer);
    expect(memory.take(Float32Array, 10)).toBe(first);
    expect(memory.take(Float32Array, 10)).not.toBe(first);
    expect(memory.take(Uint8Array, 0)).toHaveLength(0);
  });

  it("holds at most a quarter more than was in use at most, or 64 MiB, over batches of 40 sizes", () => {
    const memory = pool();
    const layers = [2 ** 14, 2 ** 13, 2 ** 13, 100, 10];
    const most = 80 * layers.reduce((sum, size) => sum + 4 * size, 0);
    for (let round = 0; round < 3; round++)
      for (let batch = 41; batch <= 80; batch++) {
        use(
          memory,
          layers.map((size) => size * batch),
        );
        expect(memory.bytes.used).toBe(0);
        expect(memory.bytes.idle).toBeLessThanOrEqual(Math.max(64 * MiB, 1.25 * most));
      }
    memory.clear();
    expect(memory.bytes).toMatchObject({ used: 0, idle: 0 });
  });

  it("counts what is in use against what may lie idle", () => {
    const memory = pool();
    const lasting = memory.take(Float32Array, (256 * MiB) / 4);
    for (let size = 1; size <= 40; size++) use(memory, [size * MiB]);
    expect(memory.bytes.used).toBe(256 * MiB);
    expect(memory.bytes.used + memory.bytes.idle).toBeLessThanOrEqual(1.25 * (256 + 160) * MiB);
    memory.give(lasting);
    expect(memory.bytes.used).toBe(0);
    expect(memory.bytes.idle).toBeLessThanOrEqual(1.25 * (256 + 160) * MiB);
  });

  it("does not keep millions of small arrays", () => {
    const memory = pool();
    use(
      memory,
      Array.from({ length: 100_000 }, () => 1),
    );
    expect(memory.bytes.idle / 4).toBeLessThanOrEqual(32_768);
    use(
      memory,
      Array.from({ length: 100_000 }, (_, index) => index % 500),
    );
    expect(memory.bytes.used).toBe(0);
  });

  it("hands nothing out again while it is holding, in what is nested and what fails too", () => {
    const memory = pool();
    const [first, second] = [memory.take(Float32Array, 3), memory.take(Float32Array, 3)];
    memory.holding(() => {
      memory.give(first);
      expect(memory.take(Float32Array, 3)).not.toBe(first);
      expect(() =>
        memory.holding(() => {
          memory.give(second);
          throw new Error("inside");
        }),
      ).toThrow("inside");
      expect(memory.take(Float32Array, 3)).not.toBe(second);
      expect(memory.bytes).toMatchObject({ used: 48, idle: 0 });
    });
    expect(memory.bytes).toMatchObject({ used: 24, idle: 24 });
    expect([memory.take(Float32Array, 3), memory.take(Float32Array, 3)]).toEqual([second, first]);
  });

  it("poisons what comes back, if asked", () => {
    const memory = pool();
    memory.isPoisoning = true;
    use(memory, [2]);
    expect(memory.take(Float32Array, 2)).toEqual(new Float32Array([NaN, NaN]));
    memory.give(memory.take(Uint8Array, 2));
    expect(memory.take(Uint8Array, 2)).toEqual(new Uint8Array([0x7f, 0x7f]));
  });
});
