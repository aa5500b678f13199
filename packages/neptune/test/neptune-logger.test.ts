import { parseSafetensors } from "@snapfit/safetensors";
import { StateManager } from "@snapfit/state-manager";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../src/log/operation.js";
import { NeptuneLogger } from "../src/index.js";
import { loggedRun } from "./support/logged-run.js";
import { nameOf, readOperations, runDirectories } from "./support/read-runs.js";

let folder: string;
let lines: readonly string[];
let directory: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neptune-"));
  lines = await loggedRun(folder, { neptune: { tags: ["digits", "한글"], description: "a test" } });
  [directory = ""] = runDirectories(join(folder, "run"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("NeptuneLogger", () => {
  test("writes a directory as the official client does", () => {
    expect(basename(directory)).toMatch(new RegExp(`^run__[0-9a-f-]{36}__${process.pid}__[a-z0-9]{8}$`));
    const [, runId] = basename(directory).split("__");
    expect(JSON.parse(readFileSync(join(directory, "metadata.json"), "utf8"))).toMatchObject({
      mode: "offline",
      containerId: runId,
      containerType: "run",
      structureVersion: 3,
      neptuneClientVersion: "1.14.1",
    });
    expect(readdirSync(directory).sort()).toEqual(["data-1.log", "last_ack_version", "last_put_version", "metadata.json", "upload_path"]);
    const operations = readOperations(directory);
    expect(operations.map(({ version }) => version)).toEqual(operations.map((_, i) => i + 1));
    expect(readFileSync(join(directory, "last_put_version"), "utf8")).toBe(String(operations.length));
    expect(readFileSync(join(directory, "data-1.log"), "latin1")).not.toMatch(/[^\0-\x7f]/);
  });

  test("says first what takes the log, and how", () => {
    const line = lines.find((each) => each.startsWith("Neptune:"));
    expect(line).toBe(
      `Neptune: logged offline in ${directory}. Minfx and self-hosted Neptune 2.x take it (the hosted service closed in March 2026): ` +
        `minfx sync or neptune sync --path ${join(folder, "run")} --project workspace/name`,
    );
  });

  test("writes what the run is, its options, and how it has ended", () => {
    expect(one("sys/name")).toEqual({ type: "AssignString", path: ["sys", "name"], value: "run" });
    expect(one("sys/tags")).toEqual({ type: "AddStrings", path: ["sys", "tags"], values: ["digits", "한글"] });
    expect(one("sys/description")).toMatchObject({ value: "a test" });
    expect(one("sys/failed")).toEqual({ type: "AssignBool", path: ["sys", "failed"], value: false });
    expect(one("snapfit/started_at")).toMatchObject({ type: "AssignDatetime", value: expect.closeTo(Date.now(), -6) });
    expect(one("parameters/logEvery")).toEqual({ type: "AssignInt", path: ["parameters", "logEvery"], value: 1 });
    expect(one("parameters/stateManager/async")).toEqual({
      type: "AssignBool",
      path: ["parameters", "stateManager", "async"],
      value: false,
    });
    expect(operations().some(({ path }) => path[1] === "neptune")).toBe(false);
    expect(one("summary/steps")).toEqual({ type: "AssignFloat", path: ["summary", "steps"], value: 6 });
    expect(one("summary/reason")).toMatchObject({ type: "AssignString", value: "2 epochs" });
  });

  test("writes series over the trainer's step, without numbers that the format has not, and says so once", () => {
    expect(stepsOf("train/loss")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(stepsOf("train/lr")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(stepsOf("train/loss_epoch")).toEqual([3, 6]);
    expect(stepsOf("valid/loss")).toEqual([3, 6]);
    const finite = all("비율/한글 🎉").flatMap((operation) =>
      operation.type === "LogFloats" ? operation.values.map(({ value }) => value) : [],
    );
    expect(finite).toEqual([0, 3, 4, 5]);
    expect(lines.filter((line) => line.includes("finite"))).toEqual([
      "Neptune: 비율/한글 🎉 is NaN at step 2 and is left out: the format has finite numbers only. Further ones are not named.",
    ]);
  });

  test("writes texts, pictures, tables, files and alerts", () => {
    expect(all("note").at(-1)).toMatchObject({ type: "LogStrings", values: [{ value: 'step 5: 안녕 🎉\n"second line"' }] });
    expect(one("alerts")).toMatchObject({ values: [{ value: "[error] Loss: is high" }] });
    const image = one("valid/표본");
    if (image.type !== "LogImages") throw new Error(image.type);
    expect(Buffer.from(image.values[0]!.value.data, "base64").subarray(1, 4).toString()).toBe("PNG");
    expect(contentOf("report")).toBe("a report");
    expect(contentOf(nameLike("table/step_"))).toBe('name,value\r\n"a,b",1.5\r\nc,\r\n');
    const [short] = all("long");
    expect(short).toMatchObject({ values: [{ value: `${"가".repeat(999)}…` }] });
    expect(contentOf(nameLike("long_texts/long/step_"))).toBe("가".repeat(2000));
    expect(lines.filter((line) => line.includes("does not take"))).toEqual([
      'Logger "Neptune" does not take histogram records; they go to the other loggers only.',
    ]);
  });

  test("gives further values of a name at one step a step behind it", async () => {
    const own = join(folder, "same-step");
    await using trainer = new (TinyTrainer.addOn(NeptuneLogger))({
      ...tinyOptions({ quiet: false, logger: silent }),
      outputDir: own,
      runName: "run",
    });
    await trainer.fit({ train: tinyLoader(seededClasses({ numSamples: 4 })), epochs: 1 });
    for (let i = 0; i < 3; i++) trainer.log("after", i);
    await trainer.close();
    const [path] = runDirectories(join(own, "run"));
    const entries = readOperations(path!).flatMap(({ obj }) =>
      obj.type === "LogFloats" && nameOf(obj) === "train/after" ? obj.values : [],
    );
    expect(entries.map(({ value, step }) => [value, step])).toEqual([
      [0, 1],
      [1, 1.000001],
      [2, 1.000002],
    ]);
  });

  test("goes on in the same directory", async () => {
    const own = join(folder, "stopped");
    await loggedRun(own, { stopAt: 3 });
    await loggedRun(own);
    const directories = runDirectories(join(own, "run"));
    expect(directories).toHaveLength(1);
    const names = (path: string): string[] =>
      readOperations(path).flatMap(({ obj }) => (obj.type.startsWith("Log") && obj.path[0] !== "monitoring" ? nameOf(obj) : []));
    expect(names(directories[0]!)).toEqual(names(directory));
  });

  test("keeps the best weights as a file where it is asked to, once in a run that is stopped and goes on", async () => {
    const own = join(folder, "model");
    await loggedRun(own, { stopAt: 4, neptune: { logModel: true } });
    await loggedRun(own, { neptune: { logModel: true } });
    await loggedRun(own, { neptune: { logModel: true } });
    const [path] = runDirectories(join(own, "run"));
    const found = readOperations(path!).map(({ obj }) => obj);
    const models = found.flatMap((obj) => (obj.type === "UploadFile" && nameOf(obj) === "model/best" ? [obj] : []));
    expect(models).toEqual([{ ...models[0], ext: "safetensors" }]);
    const { tensors, metadata } = parseSafetensors(readFileSync(join(path!, "upload_path", models[0]!.tmp_file_name)));
    expect([...tensors.values()].map(({ shape }) => shape)).toContainEqual([3]);
    const best = found.find((obj) => nameOf(obj) === `summary/best/${metadata.get("monitor")}`);
    expect(best).toMatchObject({ type: "AssignFloat", value: Number(metadata.get("value")) });
    expect(operations().some((operation) => nameOf(operation) === "model/best")).toBe(false);
  });

  test("writes figures of the machine and lines of the console, each process in a place of its own", async () => {
    const own = join(folder, "monitored");
    const long = `${"x".repeat(999)}🎉 ${"y".repeat(500)}`;
    for (let i = 0; i < 2; i++) {
      await using trainer = new (TinyTrainer.addOn(NeptuneLogger))({
        ...tinyOptions({ quiet: false, logger: silent }),
        outputDir: own,
        runName: "run",
        neptune: { directory: own },
      });
      await trainer.ready();
      process.stdout.write(`printed 한글 ${i}\n${long}\n`);
    }
    const places = runDirectories(own).flatMap((path) => {
      const found = readOperations(path).filter(({ obj }) => obj.path[0] === "monitoring");
      return [...new Set(found.map(({ obj }) => obj.path[1]!))].map((place) =>
        found.flatMap(({ obj }) => (obj.path[1] === place ? obj : [])),
      );
    });
    expect(places).toHaveLength(2);
    for (const [i, place] of places.entries()) {
      const printed = place.flatMap((operation) =>
        operation.type === "LogStrings" && operation.path[2] === "stdout" ? operation.values : [],
      );
      expect(printed[0]).toEqual({ value: `printed 한글 ${i}`, step: 0, ts: expect.any(Number) });
      expect(printed.map(({ step }) => step)).toEqual(printed.map((_, step) => step));
      expect(
        printed
          .slice(1)
          .map(({ value }) => value)
          .join(""),
      ).toBe(long);
      const figures = place.flatMap((operation) => (operation.type === "LogFloats" ? [operation.path[2]] : []));
      expect(figures).toContain("memory_percent");
    }
  });

  test("says that a run has failed", async () => {
    const own = join(folder, "failed");
    class Failing extends TinyTrainer.addOn(NeptuneLogger) {
      protected override trainingStep(): never {
        throw new Error("no");
      }
    }
    const trainer = new Failing({ ...tinyOptions({ quiet: false, logger: silent }), outputDir: own, runName: "run" });
    await expect(trainer.fit({ train: tinyLoader(seededClasses({ numSamples: 4 })), epochs: 1 })).rejects.toThrow("no");
    await trainer.close();
    const [path] = runDirectories(join(own, "run"));
    expect(readOperations(path!).at(-1)!.obj).toEqual({ type: "AssignBool", path: ["sys", "failed"], value: true });
  });

  test("writes nothing in mode debug", async () => {
    const own = join(folder, "debug");
    await using trainer = new (TinyTrainer.addOn(NeptuneLogger, StateManager))({
      ...tinyOptions(),
      outputDir: own,
      runName: "run",
      neptune: { mode: "debug" },
    });
    await trainer.fit({ train: tinyLoader(seededClasses({ numSamples: 4 })), epochs: 1 });
    expect(existsSync(join(own, "run", ".neptune"))).toBe(false);
    expect(trainer.neptune.directory).toBeUndefined();
  });

  test.each([
    [{ projekt: "a/b" }, 'There is no option "neptune.projekt". Did you mean "project"?'],
    [{ project: "digits" }, 'Option neptune.project is "digits". It takes a project such as "workspace/name".'],
    [{ mode: "sync" }, 'Option neptune.mode is "sync". It takes "offline", "async" or "debug".'],
    [[], 'Option neptune is []. It takes an object such as { project: "workspace/name" }.'],
  ])("refuses %j", (neptune, message) => {
    expect(() => new (TinyTrainer.addOn(NeptuneLogger))({ ...tinyOptions(), neptune: neptune as never })).toThrow(message);
  });
});

const quiet = (): void => undefined;
const silent = { debug: quiet, info: quiet, warning: quiet, error: quiet };

function operations(): Operation[] {
  return readOperations(directory).map(({ obj }) => obj);
}

function all(name: string): Operation[] {
  return operations().filter((operation) => nameOf(operation) === name);
}

function one(name: string): Operation {
  const found = all(name);
  expect(found, name).toHaveLength(1);
  return found[0]!;
}

function nameLike(start: string): string {
  return operations()
    .map(nameOf)
    .find((name) => name.startsWith(start))!;
}

function stepsOf(name: string): (number | null)[] {
  return all(name).flatMap((operation) => (operation.type === "LogFloats" ? operation.values.map(({ step }) => step) : []));
}

function contentOf(name: string): string {
  const operation = one(name);
  if (operation.type !== "UploadFile") throw new Error(operation.type);
  return readFileSync(join(directory, "upload_path", operation.tmp_file_name), "utf8");
}
