import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../src/log/operation.js";
import { requestBody } from "../src/upload/request-body.js";
import { loggedRun } from "./support/logged-run.js";
import { mergedOf } from "./support/merged-of.js";
import { replay, type SentOperation } from "./support/official-reader.js";
import { nameOf, readOperations, runDirectories } from "./support/read-runs.js";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neptune-replay-"));
  await loggedRun(join(folder, "whole"), { neptune: { tags: ["한글"], description: "a test" } });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(["neptune", "minfx"] as const)("%s", (reader) => {
  test("replays every operation of a run, and takes the directory away", async ({ skip }) => {
    const { root, directory } = copy(reader);
    const expected = expectedOf(directory);
    const own = requestBody(readOperations(directory).map(({ obj }) => obj));
    const runs = await replay(reader, root);
    if (runs === undefined) return skip();
    expect(runs.map(told)).toEqual([told(expected)]);
    expect(existsSync(directory)).toBe(false);
    const requests = told(runs[0]!).filter((each) => !("uploadFile" in each));
    expect(mergedOf(own)).toEqual(mergedOf(requests)); // what our own upload sends
  });

  test("replays all but a torn line at the end", async ({ skip }) => {
    const { root, directory } = copy(`${reader}-torn`);
    const expected = expectedOf(directory);
    appendFileSync(join(directory, "data-1.log"), '{"obj":{"type":"AssignString","path":["a"],"value":"torn');
    const runs = await replay(reader, root);
    if (runs === undefined) return skip();
    expect(runs.map(told)).toEqual([told(expected)]);
  });
});

/** As it is sent: without the fields that are null. */
function told(operations: readonly SentOperation[]): SentOperation[] {
  return JSON.parse(JSON.stringify(operations, (_, value: unknown) => value ?? undefined)) as SentOperation[];
}

function copy(name: string): { readonly root: string; readonly directory: string } {
  cpSync(join(folder, "whole"), join(folder, name), { recursive: true });
  const [directory] = runDirectories(join(folder, name, "run"));
  return { root: join(folder, name, "run", ".neptune"), directory: directory! };
}

function expectedOf(directory: string): SentOperation[] {
  return readOperations(directory).map(({ obj }) => ({ path: nameOf(obj), ...requestOf(obj, directory) }));
}

/** As section 3 of the format has it: series entries in milliseconds, names in camel case. */
function requestOf(operation: Operation, directory: string): Readonly<Record<string, unknown>> {
  const { type } = operation;
  const name = type[0]!.toLowerCase() + type.slice(1);
  switch (type) {
    case "AssignFloat":
    case "AssignInt":
    case "AssignBool":
    case "AssignString":
      return { [name]: { value: operation.value } };
    case "AssignDatetime":
      return { [name]: { valueMilliseconds: operation.value } };
    case "AddStrings":
      return { insertStrings: { values: operation.values } };
    case "ConfigFloatSeries":
      return { [name]: { min: operation.min, max: operation.max, unit: operation.unit } };
    case "LogFloats":
    case "LogStrings":
    case "LogImages":
      return {
        [name]: {
          entries: operation.values.map(({ value, step, ts }) => ({
            value,
            ...(step !== null && { step }),
            timestampMilliseconds: Math.trunc(ts * 1000),
          })),
        },
      };
    case "UploadFile":
      return {
        [name]: { ext: operation.ext, content: readFileSync(join(directory, "upload_path", operation.tmp_file_name), "utf8") },
      };
  }
}
