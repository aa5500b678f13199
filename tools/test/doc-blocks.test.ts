import { expect, test } from "vitest";
import { exampleBlocks, markdownBlocks } from "../lib/doc-blocks.mjs";

const fenced = (info: string, ...code: string[]) => ["```" + info, ...code, "```"];
const markdown = (...lines: string[]) => markdownBlocks("README.md", lines.join("\n"));

test("a ts block is found with its place and is to be run; other languages are left alone", () => {
  expect(markdown("# Title", "", ...fenced("bash", "npm i"), ...fenced("ts", "let a = 1;", "  a++;"))).toEqual([
    { file: "README.md", line: 7, use: "run", reason: "", continues: false, code: "let a = 1;\n  a++;" },
  ]);
});

test("the words behind the language say how a block is treated", () => {
  const blocks = markdown(
    ...fenced("ts no-run", "a"),
    ...fenced("ts no-check needs an account", "b"),
    ...fenced("ts continued", "c"),
    ...fenced("ts continued no-run", "d"),
  );
  expect(blocks.map(({ use, reason, continues }) => [use, reason, continues])).toEqual([
    ["no-run", "", false],
    ["no-check", "needs an account", false],
    ["run", "", true],
    ["no-run", "", true],
  ]);
});

test("indentation of a block in a list is taken off", () => {
  expect(markdown("- like this:", "  ```ts", "  if (a) {", "    b();", "", "  }", "  ```")[0]?.code).toBe("if (a) {\n  b();\n\n}");
});

test.each([
  [fenced("ts no-check", "a"), "README.md:2: say why behind no-check."],
  [fenced("ts skip", "a"), 'README.md:2: "skip" is none of no-run, no-check, continued.'],
  [fenced("js", "a"), "README.md:2: write ```ts, so that the block is checked."],
  [["```ts", "a"], "README.md:2: a block is never closed."],
])("a block that would pass unseen is an error: %j", (lines, message) => {
  expect(() => markdown(...lines)).toThrow(message);
});

const source = `
/** Nothing to see. */
export const a = 1;

/**
 * Adds.
 * @param x a number
 * @example
 * \`\`\`ts
 * import { add } from "x";
 * @decorated class A {}
 *   add(1);
 * \`\`\`
 * @returns a number
 */
export const add = 1;
`;

test("the @example of a doc comment is found without the comment's stars", () => {
  expect(exampleBlocks("a.ts", source)).toEqual([
    {
      file: "a.ts",
      line: 10,
      use: "run",
      reason: "",
      continues: false,
      code: 'import { add } from "x";\n@decorated class A {}\n  add(1);',
    },
  ]);
});

test("an @example without a block is code up to the next tag", () => {
  const [block] = exampleBlocks("a.ts", "/**\n * @example\n * add(1);\n * add(2);\n * @returns a number\n */");
  expect(block).toMatchObject({ line: 2, use: "run", code: "\nadd(1);\nadd(2);" });
});
