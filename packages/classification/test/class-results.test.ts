import { describe, expect, it } from "vitest";
import { checkLabels, classResults, textTable, worstMistakes } from "../src/index.js";

const names = ["cat", "dog", "owl"];
// Rows are labels: 4 cats (1 right, 3 taken for owls), 4 dogs (2 right, 1 cat, 1 owl), no owl.
const confusion = { numClasses: 3, counts: Float64Array.of(1, 0, 3, 1, 2, 1, 0, 0, 0) };

describe("classResults", () => {
  it("says for each class its samples, its accuracy and what it is mostly taken for", () => {
    expect(classResults(confusion, names)).toEqual([
      { name: "cat", samples: 4, accuracy: 0.25, mostlyTakenFor: "owl" },
      { name: "dog", samples: 4, accuracy: 0.5, mostlyTakenFor: "cat" },
      { name: "owl", samples: 0, accuracy: NaN, mostlyTakenFor: undefined },
    ]);
  });
  it("says nothing of mistakes that were not made", () => {
    expect(
      classResults({ numClasses: 2, counts: Float64Array.of(3, 0, 0, 1) }, ["a", "b"]).map(({ mostlyTakenFor }) => mostlyTakenFor),
    ).toEqual([undefined, undefined]);
  });
});

describe("worstMistakes", () => {
  it("lists the largest cells off the diagonal, of equal ones the lower label first", () => {
    expect(worstMistakes(confusion, names, 2)).toEqual([
      { label: "cat", prediction: "owl", count: 3 },
      { label: "dog", prediction: "cat", count: 1 },
    ]);
    expect(worstMistakes(confusion, names, 9)).toHaveLength(3);
    expect(worstMistakes({ numClasses: 2, counts: Float64Array.of(3, 0, 0, 1) }, ["a", "b"], 9)).toEqual([]);
  });
});

describe("textTable", () => {
  it("puts texts to the left, numbers to the right, and one number of decimals in a column", () => {
    expect(
      textTable(
        ["class", "samples", "accuracy"],
        [
          ["cat", 4, 1],
          ["a dog", 12, 0.5],
          ["owl", 0, NaN],
        ],
      ),
    ).toBe(
      [
        "class  samples  accuracy",
        "-----  -------  --------",
        "cat          4     1.000",
        "a dog       12     0.500",
        "owl          0         -",
      ].join("\n"),
    );
  });
  it("gives Korean, Chinese and Japanese characters, full-width forms and emoji two columns, combining marks none", () => {
    expect(
      textTable(
        ["분류", "수"],
        [
          ["고양이", 1],
          ["cat", 22],
          ["e\u0301", 3],
          ["고".normalize("NFD"), 4],
          ["😀猫ネ！", 5],
        ],
      ),
    ).toBe(
      [
        "분류      수",
        "--------  --",
        "고양이     1",
        "cat       22",
        "e\u0301          3",
        `${"고".normalize("NFD")}         4`,
        "😀猫ネ！   5",
      ].join("\n"),
    );
  });
  it("leaves no blanks at the end of a line, and shows a head without rows", () => {
    expect(textTable(["a", "taken for"], [["x", ""]])).toBe("a  taken for\n-  ---------\nx");
    expect(textTable(["a", "b"], [])).toBe("a  b\n-  -");
  });
});

describe("checkLabels", () => {
  it("passes class indices of any array type", () => {
    for (const labels of [Uint8Array.of(0, 9), Float32Array.of(0, 9), [], [9]]) expect(() => checkLabels(labels, 10)).not.toThrow();
  });
  it.each([[-1], [10], [1.5], [NaN], [Infinity]])("names the label %s, its sample and the range", (label) => {
    expect(() => checkLabels([3, label], 10)).toThrow(
      `"label" of sample 1 of the batch is ${label}. Labels are class indices, whole numbers from 0 to 9.`,
    );
    expect(() => checkLabels([label], 10, "digit")).toThrow(expect.objectContaining({ code: "LABEL_RANGE" }));
  });
});
