import { expect, test } from "vitest";
import { impliedImports } from "../lib/example-imports.mjs";

const names = new Map([
  ["@snapfit/core", ["Trainer", "fit"]],
  ["@snapfit/core/node", ["diskStorage", "Trainer"]],
]);

test("names of the package that an example uses are imported, each from the first entry that has it", () => {
  expect(impliedImports("new Trainer(); diskStorage();", names)).toBe(
    'import { Trainer } from "@snapfit/core"; import { diskStorage } from "@snapfit/core/node";',
  );
});

test("methods, longer names, imported and declared ones are left alone", () => {
  expect(impliedImports("trainer.fit(); refit(); fitted();", names)).toBe("");
  expect(impliedImports('import { Trainer } from "@snapfit/core";\nnew Trainer();', names)).toBe("");
  expect(impliedImports("const { Trainer } = made; new Trainer(); function fit() {} fit();", names)).toBe("");
});

test("tf is at hand too", () => {
  expect(impliedImports("tf.ones([2]);", names)).toBe('import * as tf from "@tensorflow/tfjs";');
});
