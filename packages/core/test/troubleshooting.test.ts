// Every mistake in docs/troubleshooting.md, made: what the compiler and the trainer say is what the page says.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { compile, linkModules, root, temporaryFolder, writeProject, type Problem } from "./types/compile.js";

const page = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
const blocks = [...page.matchAll(/(.*)\n\n```(\w+) ?(.*)\n([\s\S]*?)```/g)].map(([, before, language, info, text]) => ({
  before: before!,
  language: language!,
  info: info!,
  text: text!.trimEnd(),
}));
const beginning = blocks[0]!.text;

interface Mistake {
  readonly title: string;
  readonly code: string;
  compilerSays?: string;
  trainerSays?: string;
}
const mistakes: Mistake[] = [];
for (const { before, language, info, text } of blocks) {
  if (language === "ts" && info.startsWith("no-check"))
    mistakes.push({ title: text.split("\n").find((line) => /^(class|await|new|const)/.test(line))!, code: text });
  if (language === "text" && before.startsWith("The compiler says")) mistakes.at(-1)!.compilerSays = text;
  if (language === "text" && before.startsWith("The trainer says")) mistakes.at(-1)!.trainerSays = text;
}

test("the page says something of every mistake, and of as many as there are texts", () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(10);
  for (const { title, compilerSays, trainerSays } of mistakes) expect(compilerSays ?? trainerSays, title).toBeDefined();
  expect(mistakes.flatMap(({ compilerSays, trainerSays }) => [compilerSays, trainerSays]).filter(Boolean)).toHaveLength(
    blocks.filter(({ language }) => language === "text").length,
  );
});

describe("the compiler", () => {
  const folder = temporaryFolder();
  let problems: readonly Problem[];
  beforeAll(() => {
    linkModules(folder.path);
    const sources = Object.fromEntries(mistakes.map(({ code }, i) => [`mistake-${i}.ts`, `${beginning}\n${code}\nexport {};\n`]));
    writeProject(folder.path, sources, {
      noEmit: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: { "@snapfit/*": [join(root, "packages/*/src/index.ts")] },
    });
    ({ problems } = compile("typescript", folder.path));
  }, 120_000);
  afterAll(() => folder.remove());

  test.each(mistakes.map((mistake, i) => [mistake.title, mistake, i] as const))("%s", (_, { compilerSays }, i) => {
    const messages = problems.filter(({ file }) => file === `mistake-${i}.ts`).map(({ message }) => message.split("\n")[0]);
    expect(messages).toEqual(compilerSays === undefined ? [] : [compilerSays]);
  });
});

describe("the trainer", () => {
  const folder = fileURLToPath(new URL(`.troubleshooting-${process.pid}/`, import.meta.url));
  beforeAll(() => mkdirSync(folder));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => void vi.restoreAllMocks());

  test.each(mistakes.flatMap((mistake, i) => (mistake.trainerSays === undefined ? [] : [[mistake.title, mistake, i] as const])))(
    "%s",
    async (_, { code, trainerSays }, i) => {
      const said: string[] = [];
      for (const level of ["log", "warn", "error"] as const)
        vi.spyOn(console, level).mockImplementation((line) => void said.push(String(line)));
      const file = join(folder, `mistake-${i}.ts`);
      writeFileSync(file, `${beginning}\n${code}\nexport {};\n`);
      const thrown = await import(/* @vite-ignore */ file).then(
        () => undefined,
        (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
      );
      if (thrown !== undefined) expect(thrown).toBe(trainerSays);
      else expect(said.filter((line) => line.startsWith(trainerSays!.slice(0, 10)))).toEqual([trainerSays]);
    },
  );
});
