import { checkOption, checkOptions, checkSettings, listOf, numberAbove, oneOf, wholeNumberFrom, type OptionChecks } from "@snapfit/base";
import { describe, expect, test } from "vitest";

const checks: OptionChecks = {
  every: wholeNumberFrom(1),
  folder: ["a folder", (value) => typeof value === "string"],
};
const messageOf = (check: () => void): string => {
  try {
    check();
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return "right";
};
const circular: { self?: unknown } = {};
circular.self = circular;

describe("checkSettings", () => {
  test.each([
    [{}, "right"],
    [{ every: 3, folder: undefined }, "right"],
    [{ evry: 3 }, 'OPTION_UNKNOWN: There is no option "group.evry". Did you mean "every"?'],
    [{ colour: 3 }, 'OPTION_UNKNOWN: There is no option "group.colour". Known: every, folder.'],
    [{ toString: 3 }, 'OPTION_UNKNOWN: There is no option "group.toString". Known: every, folder.'],
    [{ every: "3" }, 'OPTION_INVALID: Option group.every is "3". It takes a whole number of at least 1.'],
    [[], "OPTION_INVALID: Option group is []. It takes an object such as { every: 3 }."],
    ["folder", 'OPTION_INVALID: Option group is "folder". It takes an object such as { every: 3 }.'],
  ])("says of %o: %s", (settings, message) =>
    expect(messageOf(() => checkSettings("group", settings, checks, "{ every: 3 }"))).toBe(message),
  );
});

describe("checkOptions", () => {
  test.each([
    [{ every: 1 }, "right"],
    [{ every: 1, folder: undefined }, "right"],
    [{ every: 1, evry: 3 }, 'OPTION_UNKNOWN: save() has no option "evry". Did you mean "every"?'],
    [{ every: 1, colour: 3 }, 'OPTION_UNKNOWN: save() has no option "colour". Known: every, folder.'],
    [{ every: 0 }, "OPTION_INVALID: save() got every: 0. It takes a whole number of at least 1."],
    [{ folder: "a" }, "OPTION_INVALID: save() got no every. It takes a whole number of at least 1."],
    [undefined, "OPTION_INVALID: save() got no options. It takes an object with every, folder."],
    [[1], "OPTION_INVALID: save() got options: [1]. It takes an object with every, folder."],
  ])("says of %o: %s", (options, message) => expect(messageOf(() => checkOptions("save()", options, checks, ["every"]))).toBe(message));

  test.each([
    [{ evry: 3 }, 'OPTION_UNKNOWN: save() has no option "parts[0].evry". Did you mean "every"?'],
    [{ every: 0 }, "OPTION_INVALID: save() got parts[0].every: 0. It takes a whole number of at least 1."],
    [null, "OPTION_INVALID: save() got parts[0]: null. It takes an object with every, folder."],
  ])("names the path of %o", (options, message) =>
    expect(messageOf(() => checkOptions("save()", options, checks, [], "parts[0]"))).toBe(message),
  );
});

describe("a message shows", () => {
  test.each([
    [null, "null"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [3n, "3"],
    ["3", '"3"'],
    [[1, NaN, "a", [undefined]], '[1, NaN, "a", [undefined]]'],
    [{ a: [1] }, "{ a: [1] }"],
    [{}, "{}"],
    [circular, "{ self: { self: { self: … } } }"],
    [{ x: new Float32Array(9) }, "{ x: a Float32Array }"],
    [Array.from({ length: 99 }, () => 7), `[${"7, ".repeat(20)}…]`],
    [(async function* () {})(), "an object"],
    [() => 3, "a function"],
    [new Float32Array(9), "a Float32Array"],
    [new Int32Array(9), "an Int32Array"],
    ["x".repeat(1000), `"${"x".repeat(99)}…`],
  ])("%o as %s", (value, text) =>
    expect(messageOf(() => checkOption("save()", "it", value, ["another", () => false]))).toBe(
      `OPTION_INVALID: save() got it: ${text}. It takes another.`,
    ),
  );
});

describe("rules", () => {
  test.each([
    [oneOf("a"), '"a"', ["a"], ["b", undefined]],
    [oneOf("tanh", false), '"tanh" or false', ["tanh", false], ["false", 0]],
    [oneOf(1, 3, 4), "1, 3 or 4", [1, 4], [2, "1"]],
    [numberAbove(0, 1), "a number above 0, at most 1", [0.1, 1], [0, 1.1, NaN, "1"]],
    [numberAbove(0), "a finite number above 0", [1e-300, 1e300], [0, Infinity]],
    [listOf(wholeNumberFrom(0)), "a list, each a whole number of at least 0", [[], [0], [1, 2]], [[-1], 1, new Int32Array(1)]],
    [listOf(wholeNumberFrom(0), 2), "a list of 2, each a whole number of at least 0", [[1, 2]], [[0], [1, 2, 3], [1, 0.5]]],
  ])("%o", ([expected, holds], words, right, wrong) => {
    expect(expected).toBe(words);
    for (const value of right) expect(holds(value)).toBe(true);
    for (const value of wrong) expect(holds(value)).toBe(false);
  });
});
