import type { KernelUse } from "./select-engine.js";

/** The slowest kernels of a step, a line each. */
export function profileText(uses: readonly KernelUse[], numSteps: number): string {
  const shown = [...uses].sort((a, b) => b.totalMs - a.totalMs).slice(0, 20);
  return shown
    .map(({ kernel, isFallback, count, totalMs }) => {
      const perStep = (totalMs / numSteps).toFixed(3).padStart(9);
      return `  ${kernel.padEnd(30)} ${perStep} ms   ${String(count / numSteps).padStart(5)} calls${isFallback ? "   in plain JavaScript" : ""}`;
    })
    .join("\n");
}
