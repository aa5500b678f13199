import type { LoggedRows } from "@snapfit/test-utils";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dataFiles } from "../../src/log/operation-log.js";
import type { LoggedOperation, Operation } from "../../src/log/operation.js";

/** The run directories in a run folder, oldest first. */
export function runDirectories(folder: string): string[] {
  const root = join(folder, ".neptune");
  if (!existsSync(root)) return [];
  const ledgers = readdirSync(root).filter((name) => name.endsWith(".rows"));
  const keys = ledgers.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((name) => /-(.*)\.rows$/.exec(name)![1]!);
  const parents = ["offline", "async"].map((parent) => join(root, parent)).filter((parent) => existsSync(parent));
  const directories = parents.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)));
  return keys.map((key) => directories.find((path) => path.endsWith(key))!);
}

/** What a directory holds, but for what a killed process has left without an end. */
export function readOperations(directory: string): LoggedOperation[] {
  return dataFiles(directory).flatMap((version) => {
    const lines = readFileSync(join(directory, `data-${version}.log`), "utf8")
      .split("\n")
      .slice(0, -1);
    return lines.flatMap((line) => JSON.parse(`[${line.replaceAll(/(?<="at":[\d.]+\}) (?=\{"obj":)/g, ",")}]`) as LoggedOperation[]);
  });
}

/** Numbers and texts of a run folder, for the conformance suite. */
export function readRuns(folder: string): LoggedRows {
  const directories = runDirectories(folder);
  const operations = directories.flatMap((directory) => readOperations(directory).map(({ obj }) => ({ obj, directory })));
  const texts = new Map<string, string>();
  for (const { obj, directory } of operations)
    if (obj.type === "UploadFile" && obj.path[0] === "long_texts")
      texts.set(nameOf(obj).slice("long_texts/".length), readFileSync(join(directory, "upload_path", obj.tmp_file_name), "utf8"));
  const points = operations.flatMap(({ obj }) => {
    if (obj.type !== "LogFloats" && obj.type !== "LogStrings") return [];
    const name = nameOf(obj);
    return obj.path[0] === "monitoring"
      ? []
      : obj.values.map(({ value, step }) => ({ name, step: Math.floor(step!), value: texts.get(`${name}/step_${step}`) ?? value }));
  });
  return { points, numRewinds: operations.filter(({ obj }) => nameOf(obj) === "snapfit/branched_from/run").length };
}

/** A name with slashes. */
export function nameOf({ path }: Operation): string {
  return path.join("/");
}
