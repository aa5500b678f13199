import { checkSettings, type OptionCheck } from "@snapfit/base";
import { describe, expect, test } from "vitest";

const checks: Record<string, OptionCheck> = {
  every: ["a whole number", Number.isInteger],
  folder: ["a folder", (value) => typeof value === "string"],
};
const messageOf = (settings: unknown): string => {
  try {
    checkSettings("group", settings, checks, "{ every: 3 }");
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
    [{ every: "3" }, 'OPTION_INVALID: Option group.every is "3". It takes a whole number.'],
    [{ every: null }, "OPTION_INVALID: Option group.every is null. It takes a whole number."],
    [{ every: [1] }, "OPTION_INVALID: Option group.every is [1]. It takes a whole number."],
    [{ every: circular }, "OPTION_INVALID: Option group.every is [object Object]. It takes a whole number."],
    [{ folder: 3n }, "OPTION_INVALID: Option group.folder is 3. It takes a folder."],
    [[], "OPTION_INVALID: Option group is []. It takes an object such as { every: 3 }."],
    ["folder", 'OPTION_INVALID: Option group is "folder". It takes an object such as { every: 3 }.'],
  ])("says of %o: %s", (settings, message) => expect(messageOf(settings)).toBe(message));
});
