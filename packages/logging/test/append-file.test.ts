import type { SnapfitError } from "@snapfit/base";
import { AppendFile } from "@snapfit/logging/node";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "append-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
const program = childProgram(fileURLToPath(new URL("./append-file-child.ts", import.meta.url)));

describe("AppendFile", () => {
  test("makes the file and its folder, goes on at its end, and knows its size", () => {
    const path = join(folder, "a/b/log");
    const first = new AppendFile(path);
    first.append(Buffer.from("한글 "));
    first.append(new Uint8Array());
    first.sync();
    expect([first.path, first.sizeBytes]).toEqual([path, 7]);
    first.close();
    const second = new AppendFile(path);
    expect(second.sizeBytes).toBe(7);
    second.append(Buffer.from("🎉"));
    expect(readFileSync(path, "utf8")).toBe("한글 🎉");
    second.close();
  });

  test("makes a new file only, if it is asked to", () => {
    const path = join(folder, "exclusive");
    new AppendFile(path, { exclusive: true }).close();
    expect(codeOf(() => new AppendFile(path, { exclusive: true }))).toBe("EXISTS");
  });

  test("removes what stands behind a place, and goes on there", () => {
    const file = new AppendFile(join(folder, "cut"));
    file.append(Buffer.from("abcdef"));
    file.cut(2);
    file.append(Buffer.from("x"));
    expect([readFileSync(file.path, "utf8"), file.sizeBytes]).toEqual(["abx", 3]);
    file.close();
  });

  test("failures have the codes of storages", () => {
    writeFileSync(join(folder, "file"), "");
    expect(codeOf(() => new AppendFile(join(folder, "file/log")))).toBe("EXISTS");
    expect(codeOf(() => new AppendFile(folder))).toBe("IO");
  });

  test.skipIf(process.platform !== "linux")("on a full disk nothing of the bytes stays, and there is room for fewer", () => {
    // The limit of a process's files is a full disk: it takes what goes in, and then refuses.
    const path = join(folder, "full");
    const output = execFileSync("bash", ["-c", `trap '' XFSZ; ulimit -f 2; exec "$0" "$1" "$2"`, process.execPath, program, path], {
      encoding: "utf8",
    });
    expect(JSON.parse(output)).toEqual({ code: "IO", sizeBytes: 2000 });
    expect(readFileSync(path, "latin1")).toBe(`${"a".repeat(1990)}${"c".repeat(10)}`);
  });
});

function codeOf(task: () => unknown): string {
  try {
    task();
  } catch (error) {
    return (error as SnapfitError).code;
  }
  return "none";
}
