import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { loadAddon } from "../src/load-addon.js";
import { refusalOf } from "../src/load-problem.js";
import { buildsFor, processorFlags } from "../src/processor.js";
import { nativeStatus } from "../src/start.js";

const folder = mkdtempSync(join(tmpdir(), "snapfit-loading-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const sapphireRapids = new Set("sse4_2 ssse3 popcnt cx16 avx avx2 fma f16c bmi2 avx512f avx512bw avx512dq avx512vl avx512_bf16".split(" "));
const haswell = new Set("sse4_2 ssse3 popcnt cx16 avx avx2 fma f16c bmi2".split(" "));
const nehalem = new Set("sse4_2 ssse3 popcnt cx16".split(" "));

describe("the builds for a processor", () => {
  it("are those whose instructions it has, the best first", () => {
    expect(buildsFor(sapphireRapids, "x64")).toEqual(["avx512", "avx2", "baseline"]);
    expect(buildsFor(haswell, "x64")).toEqual(["avx2", "baseline"]);
    expect(buildsFor(nehalem, "x64")).toEqual(["baseline"]);
    expect(buildsFor(new Set(["sse2"]), "x64")).toEqual([]);
    expect(buildsFor(new Set(["asimd"]), "arm64")).toEqual(["neon"]);
  });
});

describe.runIf(process.platform === "linux" && process.arch === "x64")("an addon that does not load", () => {
  it("is told apart: a processor that is too old", () => {
    expect(loadAddon([folder], new Set(["sse2"]))).toMatchObject({
      code: "PROCESSOR_TOO_OLD",
      message: expect.stringContaining("SSE 4.2"),
    });
  });

  it("no build in any folder", () => {
    expect(loadAddon([join(folder, "none")])).toMatchObject({
      code: "NO_BUILD",
      message: expect.stringContaining("tools/build-native.mjs"),
    });
  });

  it("leaves every precision that is asked for at f32", async () => {
    vi.stubEnv("SNAPFIT_NATIVE_FOLDER", join(folder, "none"));
    vi.resetModules();
    const { setPrecision } = await import("../src/precision.js");
    for (const wanted of ["auto", "bf16"] as const)
      expect(setPrecision(wanted)).toEqual({ precision: "f32", reason: "f32: the native engine did not load" });
    expect(setPrecision("f32").precision).toBe("f32");
  });

  it("a damaged file", () => {
    const [build] = buildsFor(processorFlags());
    writeFileSync(join(folder, `snapfit-${build}.node`), "this is no library");
    expect(loadAddon([folder])).toMatchObject({
      code: "FILE_DAMAGED",
      message: expect.stringMatching(/damaged.*npm i @snapfit\/native\.$/),
    });
  });

  it.skipIf(!nativeStatus().isAvailable)("a library that is missing, by its name", () => {
    const { file = "" } = nativeStatus();
    const copy = join(folder, "alone.node");
    copyFileSync(file, copy);
    // In a process of its own: this one has the library in memory.
    const { stdout } = spawnSync(process.execPath, ["-p", `try { require(${JSON.stringify(copy)}) } catch (error) { error.message }`], {
      encoding: "utf8",
    });
    expect(refusalOf(new Error(stdout), copy)).toEqual({
      code: "LIBRARY_MISSING",
      message: "The shared library libdnnl.so.3 is missing. Install the packages again: npm i @snapfit/native, or install the library.",
    });
  });

  it.each([
    ["/x/snapfit.node: undefined symbol: napi_create_object_v9", "NODE_TOO_OLD", "napi_create_object_v9"],
    ["/lib/libc.so.6: version `GLIBC_2.28' not found (required by /x/libdnnl.so.3)", "SYSTEM_TOO_OLD", "GLIBC_2.28"],
    ["libgomp.so.1: cannot open shared object file: No such file or directory", "LIBRARY_MISSING", "libgomp.so.1"],
    ["Module did not self-register: '/x/snapfit.node'.", "FILE_DAMAGED", "did not self-register"],
    ["out of cheese", "LOAD_FAILED", "/x/snapfit.node does not load: out of cheese"],
  ])("what the system says is read: %s", (text, code, detail) => {
    expect(refusalOf(new Error(text), "/x/snapfit.node")).toEqual({ code, message: expect.stringContaining(detail) });
  });
});
