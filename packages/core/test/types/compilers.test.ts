// What TypeScript 6 and 7 say of the cases in this folder. A reject case is three lines: a sentence, the error and the code. The error names
// where the underlined text begins and what the message holds; `@ts-expect-error` hides it from all but this test.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// The cases are read as text; these imports tell tools that the files are in use.
import type {} from "./reject-add-ons.js";
import type {} from "./reject-trainer.js";
import { compile, compilers, linkModules, root, temporaryFolder, writeProject, type Compiled, type Problem } from "./compile.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(here).filter((name) => /^(accept-.*|reject-.*|add-ons|digits)\.ts$/.test(name));
const sources = Object.fromEntries(names.map((name) => [name, readFileSync(join(here, name), "utf8")]));

const accepted = names
  .filter((name) => name.startsWith("accept-"))
  .flatMap((file) => {
    const titles = [...sources[file]!.matchAll(/^test\("(.+)",/gm)];
    return titles.map(({ 1: title, index }, i) => ({
      title: title!,
      file,
      line: lineAt(file, index),
      end: titles[i + 1] ? lineAt(file, titles[i + 1]!.index) : Infinity,
    }));
  });
const rejected = names
  .filter((name) => name.startsWith("reject-"))
  .flatMap((file) =>
    [...sources[file]!.matchAll(/^ *\/\/ (.+)\n *\/\/ @ts-expect-error `(.+?)` (.+)\n(.+)$/gm)].map(
      ({ 1: title, 2: at, 3: text, 4: code, index }) => ({
        title: title!,
        file,
        line: lineAt(file, index) + 2,
        at: at!,
        text: text!,
        code: code!,
      }),
    ),
  );

function lineAt(file: string, index: number): number {
  return sources[file]!.slice(0, index).split("\n").length;
}

const folder = temporaryFolder();
beforeAll(() => {
  linkModules(folder.path);
  const bare = Object.entries(sources).map(([name, text]) => [name, text.replaceAll("@ts-expect-error", "expected")]);
  writeProject(folder.path, Object.fromEntries(bare), { noEmit: true, paths: { "@snapfit/*": [join(root, "packages/*/src/index.ts")] } });
});
afterAll(() => folder.remove());

test("each idea stands once, in at least 60 accept and 40 reject cases", () => {
  expect(accepted.length).toBeGreaterThanOrEqual(60);
  expect(rejected.length).toBeGreaterThanOrEqual(40);
  for (const cases of [accepted, rejected]) expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
  const markers = Object.values(sources).flatMap((text) => text.match(/@ts-expect-error/g) ?? []);
  expect(rejected).toHaveLength(markers.length);
});

describe.each(compilers)("%s", (compiler) => {
  let compiled: Compiled;
  const problemsIn = (file: string, line: number, end = line + 1): Problem[] =>
    compiled.problems.filter((problem) => problem.file === file && problem.line >= line && problem.line < end);
  beforeAll(() => {
    compiled = compile(compiler, folder.path);
  }, 120_000);

  test("finds as many errors as there are reject cases", () => {
    const unexpected = compiled.problems.filter(({ file, line }) => !rejected.some((each) => each.file === file && each.line === line));
    expect(unexpected).toEqual([]);
    const places = compiled.problems.map(({ file, line }) => `${file}:${line}`);
    expect(places.filter((place, i) => places.indexOf(place) < i)).toEqual([]);
  });

  describe("takes", () => {
    test.each(accepted)("$title", ({ file, line, end }) => expect(problemsIn(file, line, end)).toEqual([]));
  });

  describe("refuses, in the right place and with the reason:", () => {
    test.each(rejected)("$title", ({ file, line, at, text, code }) => {
      const [problem] = problemsIn(file, line);
      expect(problem?.message.replaceAll(/\s+/g, " ") ?? "no error").toContain(text);
      expect(code.slice(problem!.column - 1).slice(0, at.length)).toBe(at);
    });
  });
});
