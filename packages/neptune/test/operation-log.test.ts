import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logFloatText, operationText, pathOf } from "../src/log/operation.js";
import { OperationLog } from "../src/log/operation-log.js";
import { readOperations } from "./support/read-runs.js";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "neptune-log-"))));
afterEach(() => rmSync(directory, { recursive: true }));

/** Seconds; the lines below were replayed by the official client 1.14.0.post2 and by minfx 0.7.4. */
const at = 1795244750.129;
const golden = [
  `{"obj":{"type":"AssignString","path":["sys","name"],"value":"from-node"},"version":1,"at":1795244750.129}`,
  `{"obj":{"type":"AddStrings","path":["sys","tags"],"values":["x"]},"version":2,"at":1795244750.129}`,
  `{"obj":{"type":"AssignFloat","path":["params","lr"],"value":0.1},"version":3,"at":1795244750.129}`,
  `{"obj":{"type":"AssignInt","path":["params","layers"],"value":3},"version":4,"at":1795244750.129}`,
  `{"obj":{"type":"AssignBool","path":["params","flag"],"value":true},"version":5,"at":1795244750.129}`,
  `{"obj":{"type":"LogFloats","path":["train","loss"],"values":[{"value":0.5,"step":1,"ts":1795244750.129}]},"version":6,"at":1795244750.129}`,
  String.raw`{"obj":{"type":"LogStrings","path":["log"],"values":[{"value":"h\u00e9llo \ud83c\udf89\n","step":null,"ts":1795244750.129}]},"version":7,"at":1795244750.129}`,
  `{"obj":{"type":"AssignDatetime","path":["when"],"value":1795244750129},"version":8,"at":1795244750.129}`,
  `{"obj":{"type":"UploadFile","path":["model","json"],"ext":"json","file_path":null,"tmp_file_name":"model.json","clean_after_upload":false},"version":9,"at":1795244750.129}`,
];

describe("OperationLog", () => {
  test("writes the lines that the official client reads", () => {
    const log = new OperationLog(directory);
    for (const text of [
      operationText({ type: "AssignString", path: pathOf("sys/name"), value: "from-node" }),
      operationText({ type: "AddStrings", path: pathOf("sys/tags"), values: ["x"] }),
      operationText({ type: "AssignFloat", path: pathOf("params/lr"), value: 0.1 }),
      operationText({ type: "AssignInt", path: pathOf("params/layers"), value: 3 }),
      operationText({ type: "AssignBool", path: pathOf("params/flag"), value: true }),
      logFloatText("train/loss", 0.5, 1, at),
      operationText({ type: "LogStrings", path: pathOf("log"), values: [{ value: "héllo 🎉\n", step: null, ts: at }] }),
      operationText({ type: "AssignDatetime", path: pathOf("when"), value: 1795244750129 }),
      operationText({
        type: "UploadFile",
        path: pathOf("model/json"),
        ext: "json",
        file_path: null,
        tmp_file_name: "model.json",
        clean_after_upload: false,
      }),
    ])
      log.commit(log.prepare([text], at));
    log.close();
    expect(readFileSync(join(directory, "data-1.log"), "utf8")).toBe(`${golden.join("\n")}\n`);
    expect(readFileSync(join(directory, "last_put_version"), "utf8")).toBe("9");
  });

  test("writes what belongs together on one line", () => {
    const log = new OperationLog(directory);
    log.commit(log.prepare([logFloatText("a", 1, 1, at), logFloatText("b", 2, 1, at)], at));
    log.close();
    expect(readFileSync(join(directory, "data-1.log"), "utf8").split("\n")).toHaveLength(2);
    expect(readOperations(directory).map(({ version, obj }) => [version, obj.path])).toEqual([
      [1, ["a"]],
      [2, ["b"]],
    ]);
  });

  test("begins a file that is named by its first version where one is full, and never for a single line that is longer", () => {
    const log = new OperationLog(directory, 400);
    for (let i = 0; i < 6; i++) log.commit(log.prepare([logFloatText("loss", i, i, at)], at));
    log.commit(log.prepare([operationText({ type: "AssignString", path: ["a"], value: "x".repeat(1000) })], at));
    log.commit(log.prepare([logFloatText("loss", 7, 7, at)], at));
    log.close();
    expect(
      readdirSync(directory)
        .filter((name) => name.startsWith("data-"))
        .sort(),
    ).toEqual(["data-1.log", "data-4.log", "data-7.log", "data-8.log"]);
    expect(readOperations(directory).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([1, 50, 124])("goes on behind the last whole line when %i bytes of the next one are there", (numBytes) => {
    const write = (log: OperationLog, value: number): void => log.commit(log.prepare([logFloatText("loss", value, value, at)], at));
    const first = new OperationLog(directory);
    write(first, 1);
    const { sizeBytes } = first.end;
    write(first, 2);
    first.close();
    truncateSync(join(directory, "data-1.log"), sizeBytes + numBytes);
    const second = new OperationLog(directory);
    expect(readFileSync(join(directory, "last_put_version"), "utf8")).toBe("1");
    write(second, 3);
    second.close();
    expect(readOperations(directory).map(({ version, obj }) => [version, obj.type === "LogFloats" && obj.values[0]!.value])).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  test("gives no version again that a server has", () => {
    const first = new OperationLog(directory);
    first.commit(first.prepare([logFloatText("loss", 1, 1, at)], at));
    first.close();
    writeFileSync(join(directory, "last_ack_version"), "12"); // a power failure has taken what follows
    const second = new OperationLog(directory);
    second.commit(second.prepare([logFloatText("loss", 2, 2, at)], at));
    second.close();
    expect(readOperations(directory).map(({ version }) => version)).toEqual([1, 13]);
  });

  test("names what it cannot make", () => {
    writeFileSync(join(directory, "file"), "");
    expect(() => new OperationLog(join(directory, "file"))).toThrow(/Could not make ".*upload_path"/);
  });
});
