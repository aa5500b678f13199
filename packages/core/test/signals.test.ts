import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { childProgram } from "./support/child-program.js";
import { batches, ScalarTrainer, scalarOptions } from "./support/scalar.js";

const bundle = childProgram(fileURLToPath(new URL("signals-child.ts", import.meta.url)));

type Signal = "SIGINT" | "SIGTERM";

/** Runs the child, sends each signal when its line is said, and returns what was said and how it ended. */
async function run(todo: readonly string[], signals: readonly (readonly [atLine: string, signal: Signal])[]) {
  const child = spawn(process.execPath, [bundle, ...todo], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit") as Promise<[number | null, Signal | null]>;
  const lines: string[] = [];
  const waiting = [...signals];
  for await (const line of createInterface({ input: child.stdout })) {
    if (!/^(Device|Seed)/.test(line)) lines.push(line);
    if (waiting[0]?.[0] === line) child.kill(waiting.shift()![1]);
  }
  const [code, signal] = await exited;
  return { code, signal, lines };
}

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s", (signal, code) => {
  test(`stops after the running step, saves, closes, and ends the process with ${code}`, async () => {
    const { lines, ...end } = await run([], [["stepped", signal]]);
    expect(end).toEqual({ code, signal: null });
    expect(lines).toEqual([
      "listeners before 0 0",
      "stepped",
      expect.stringMatching(new RegExp(`^Stopped at epoch 1, step \\d+: ${signal}\\.$`)),
      `onFitEnd ${signal}`,
      "savePoint stop",
      "closed",
    ]);
  });

  test("within a validation stops after its running batch, and drops it", async () => {
    const { lines, code: ended } = await run(["validate"], [["validating", signal]]);
    expect(ended).toBe(code);
    expect(lines.slice(1)).toEqual([
      "validating",
      `Stopped at epoch 1, step 2: ${signal}.`,
      `onFitEnd ${signal}`,
      "savePoint stop",
      "closed",
    ]);
  });
});

test("a second signal ends the process at once", async () => {
  const { lines, code } = await run(
    ["hang"],
    [
      ["stepped", "SIGTERM"],
      ["savePoint stop", "SIGINT"],
    ],
  );
  expect(code).toBe(130);
  expect(lines.at(-1)).toBe("savePoint stop");
});

test("where somebody else listens the process lives on: fit returns, the exit code is set, later calls return at once", async () => {
  const { lines, code } = await run(["listen"], [["stepped", "SIGINT"]]);
  expect(code).toBe(130);
  expect(lines.slice(-6)).toEqual([
    "savePoint stop",
    "closed",
    "fit SIGINT true",
    "listeners after 1 0",
    "fit() is passed over: the run was stopped (SIGINT).",
    "later SIGINT",
  ]);
  expect(lines).toContain("heard");
});

test("after a fit its listeners are gone, and a signal between two ends the process as ever", async () => {
  const { lines, code } = await run(["twice"], [["stepped", "SIGINT"]]);
  expect(lines).toContain("listeners before 0 0");
  expect(code).toBe(130);
});

test("signals: false leaves them alone", async () => {
  const { lines, code, signal } = await run(["ignore"], [["stepped", "SIGTERM"]]);
  expect([code, signal]).toEqual([null, "SIGTERM"]);
  expect(lines.at(-1)).toBe("stepped");
});

describe("in this process", () => {
  const count = () => [process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")];

  test("listeners are there while a fit runs, once for each trainer, and gone after it, also after a throw", async () => {
    const before = count();
    const during: number[][] = [];
    const trainer = new ScalarTrainer(scalarOptions({ signals: true, callbacks: [{ onFitEnd: () => void during.push(count()) }] }));
    await trainer.fit({ train: batches(1), epochs: 1 });
    expect(during).toEqual([before.map((listeners) => listeners + 1)]);
    expect(count()).toEqual(before);
    Object.assign(trainer, {
      onFitEnd: () => {
        throw new Error("thrown");
      },
    });
    await expect(trainer.fit({ train: batches(1), epochs: 1 })).rejects.toThrow("thrown");
    expect(count()).toEqual(before);
    await trainer.validate(batches(1));
    expect(count()).toEqual(before);
  });
});

test("a trainer that was not closed is closed when the process has nothing left to do", async () => {
  const { lines, code } = await run(["finish"], []);
  expect(lines.slice(-3)).toEqual(["savePoint fitEnd", "the script is done", "closed"]);
  expect(code).toBe(0);
});
