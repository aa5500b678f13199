import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { glibcBeyond, readElf } from "../lib/elf.mjs";
import { isNativeBuilt, nativeBuildFolder } from "../lib/native-engine.mjs";

describe.runIf(process.platform === "linux")("readElf", () => {
  it("reads what Node.js' own program asks for", () => {
    const { needed, versions } = readElf(process.execPath);
    expect(needed).toContain("libc.so.6");
    expect(versions.some((version) => /^GLIBC_2\.\d+/.test(version))).toBe(true);
  });

  it("refuses what is no library", () => {
    expect(() => readElf(import.meta.filename)).toThrow(/is no 64-bit ELF file\.$/);
  });

  it.runIf(isNativeBuilt() && process.arch === "x64")("finds the engine content with glibc 2.28, its libraries beside it", () => {
    const names = ["avx512", "avx2", "baseline"].map((build) => `snapfit-${build}.node`);
    const files = names.map((name) => join(nativeBuildFolder, name)).filter((file) => existsSync(file));
    expect(files).not.toEqual([]);
    for (const file of files) {
      const { needed, versions, runPath } = readElf(file);
      expect(needed).toEqual(expect.arrayContaining(["libdnnl.so.3", "libgomp.so.1"]));
      expect(needed).not.toContain("libstdc++.so.6");
      expect([glibcBeyond(versions, [2, 28]), runPath]).toEqual([[], "$ORIGIN"]);
    }
  });
});

describe("glibcBeyond", () => {
  it("names the versions of glibc that are newer, and no others", () => {
    const versions = ["GLIBC_2.2.5", "GLIBC_2.28", "GLIBC_2.29", "GLIBC_2.100", "GLIBC_3.0", "GLIBCXX_3.4.30", "GLIBC_PRIVATE"];
    expect(glibcBeyond(versions, [2, 28])).toEqual(["GLIBC_2.29", "GLIBC_2.100", "GLIBC_3.0"]);
  });
});
