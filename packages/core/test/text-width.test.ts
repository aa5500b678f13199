import { expect, test } from "vitest";
import { fitText, padText, textWidth } from "../src/console/text-width.js";

test.each([
  ["loss", 4],
  ["", 0],
  ["정확도", 6],
  ["손실:0.5", 8],
  ["漢字かなカナ", 12],
  ["ｆｕｌｌ", 8],
  ["é", 1],
  ["e\u0301", 1],
  ["😀", 2],
  ["→", 1],
  ["\u200b", 0],
  ["각".normalize("NFD"), 2],
  ["정확도".normalize("NFD"), 6],
  ["ㄱㄴ", 4],
])("%s takes %d columns", (text, columns) => expect(textWidth(text)).toBe(columns));

test("fitText cuts between characters, never within a wide one", () => {
  expect([fitText("정확도", 6), fitText("정확도", 5), fitText("정확도", 1), fitText("a정b", 3), fitText("abc", 9)]).toEqual([
    "정확도",
    "정확",
    "",
    "a정",
    "abc",
  ]);
  expect(textWidth(fitText("정확도".normalize("NFD"), 5))).toBe(4);
});

test("padText fills up by columns", () => {
  expect([padText("정", 4), padText("ab", 4), padText("abcdef", 4)]).toEqual(["정  ", "ab  ", "abcdef"]);
});
