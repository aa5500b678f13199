import { describe, expect, it } from "vitest";
import { buildNative } from "../../../tools/lib/native-engine.mjs";
import { buildsFor, processorFlags } from "../src/processor.js";
import { suiteProblems } from "./conformance/suite-problems.js";

/** Builds for older processors, and oneDNN's name for what these can do. */
const olderProcessors = [
  { build: "avx2", ONEDNN_MAX_CPU_ISA: "AVX2" },
  { build: "baseline", ONEDNN_MAX_CPU_ISA: "SSE41" },
] as const;
const runnable = buildsFor(processorFlags());

describe("TensorFlow.js' own test suite passes", () => {
  it("where memory that tensors give back is filled with NaN", async () => {
    expect(await suiteProblems({ backend: "native", isPoisoning: true })).toEqual([]);
  });

  it("with one thread", async () => {
    expect(await suiteProblems({ backend: "native", env: { SNAPFIT_THREADS: "1" } })).toEqual([]);
  });

  it("with more threads than cores", async () => {
    expect(await suiteProblems({ backend: "native", isPoisoning: true, env: { SNAPFIT_THREADS: "7" } })).toEqual([]);
  });

  for (const { build, ...env } of olderProcessors)
    it.runIf(runnable.includes(build))(`with the ${build} build on a processor of its time`, async () => {
      expect(await buildNative({ variant: build })).toBeUndefined();
      expect(await suiteProblems({ backend: "native", isPoisoning: true, env: { SNAPFIT_NATIVE_BUILD: build, ...env } })).toEqual([]);
    });
});
