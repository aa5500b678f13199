import { describe, expect, it } from "vitest";
import { doctor, nativeStatus } from "../src/index.js";

describe("doctor", () => {
  it("tells which backend would run and why, the processor, the threads and where their number comes from", async () => {
    const { backend, why, native, processor, text } = await doctor();
    const status = nativeStatus();
    expect(native).toEqual(status);
    expect(backend).toBe(status.isAvailable ? "native" : "wasm");
    expect(why).toBe(status.isAvailable ? "the engine loads and has checked itself" : status.problem!.message);
    const lines = text.split("\n");
    expect(lines[0]).toMatch(new RegExp(`^Training would run on ${backend}: .*\\.$`));
    expect(lines).toContain(`Processor:    ${processor.model}`);
    expect(lines).toContain(`Threads:      ${native.threads.count} (${native.threads.source})`);
    expect(lines).toContain(`Engine:       ${status.isAvailable ? `build ${native.build}, oneDNN ${native.oneDnn}` : "not loaded"}`);
    for (const line of lines.slice(1)) expect(line).toMatch(/^[A-Z][A-Za-z ]*: +\S/);
  });

  it.runIf(process.platform === "linux")("names the instructions of the processor", async () => {
    const { processor, native } = await doctor();
    expect(processor.instructions.length).toBeGreaterThan(0);
    if (native.build !== undefined) expect(processor.builds).toContain(native.build);
  });
});
