import { hostTensor } from "@snapfit/base";
import { rowText, type Row } from "@snapfit/logging";
import { expect, test } from "vitest";

const row = { fit: 1, step: 50, epoch: 2, kind: "scalars", key: "train" };

test.each([
  ["scalars", (value: number) => ({ ...row, values: { "train/loss": value } })],
  ["an image", (value: number) => ({ ...row, kind: "image", image: hostTensor(Float32Array.of(value), [1, 1]) })],
  ["a table", (value: number) => ({ ...row, kind: "table", columns: ["a"], rows: [[value]] })],
])("rows of %s differ by NaN, infinities and the sign of zero", (_, make: (value: number) => Row) => {
  const values = [0, -0, 1, NaN, Infinity, -Infinity];
  expect(new Set(values.map((value) => rowText(make(value)))).size).toBe(values.length);
  expect(rowText(make(NaN))).toBe(rowText(make(NaN)));
});

test("rows differ by fit, step, epoch, kind and key", () => {
  const others = [{ fit: 2 }, { step: 51 }, { epoch: 3 }, { kind: "summary" }, { key: "valid" }].map((other) => ({
    ...row,
    ...other,
    values: {},
  }));
  expect(new Set([{ ...row, values: {} }, ...others].map((each) => rowText(each))).size).toBe(6);
});

test.each(["train/samples_per_second", "seconds", "valid/seconds_epoch"])("what a clock measures does not count: %s", (name) => {
  for (const kind of ["scalars", "summary"]) {
    const [one, other] = [1, 2].map((value) => rowText({ ...row, kind, values: { [name]: value, "train/loss": 3 } } as Row));
    expect(one).toBe(other);
  }
});
