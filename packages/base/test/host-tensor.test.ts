import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, isHostTensor, SnapfitError, type HostOutputs, type HostTensor, type StateTree } from "@snapfit/base";

describe("hostTensor", () => {
  it("keeps the array and carries rank and dtype in its type", () => {
    const data = new Float32Array(6);
    const images = hostTensor(data, [2, 3]);
    expect(images).toEqual({ dtype: "float32", shape: [2, 3], data });
    expect(images.data).toBe(data);
    expectTypeOf(images).toEqualTypeOf<HostTensor<2, "float32">>();
    expectTypeOf(images.shape).toEqualTypeOf<readonly [number, number]>();
    const any: HostTensor = images;
    const outputs: HostOutputs = { images, any };
    const state: StateTree = { images };
    expect(outputs["any"]).toBe(state["images"]);
    // @ts-expect-error: another rank
    const wrong: HostTensor<3, "float32"> = images;
    expect(wrong).toBe(images);
    expect(hostTensor(new Int32Array(1), []).dtype).toBe("int32");
    expect(hostTensor(new Uint8Array(1), [1]).dtype).toBe("uint8");
    expect(hostTensor(new Uint8Array(1), [1], "bool").dtype).toBe("bool");
    expect(hostTensor(new Uint8Array(0), [0, 5]).data.length).toBe(0);
  });

  it("names a shape or dtype that does not fit", () => {
    expect(() => hostTensor(new Float32Array(5), [2, 3])).toThrow("Shape [2, 3] holds 6 values, but the array has 5.");
    expect(() => hostTensor(new Float32Array(1), [-1, -1])).toThrow(SnapfitError);
    expect(() => hostTensor(new Float32Array(1), [1], "int32")).toThrow("A Float32Array cannot hold int32.");
  });

  it("is told from other values", () => {
    expect(isHostTensor(hostTensor(new Float32Array(1), [1]))).toBe(true);
    for (const value of [null, 1, {}, { data: [1], shape: [1], dtype: "float32" }, new Float32Array(1)])
      expect(isHostTensor(value)).toBe(false);
  });
});
