import { captureConsole, type ConsoleLine } from "@snapfit/logging/node";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** What stands where the terminal would: the real streams with a write that keeps what comes. */
let passed: { stream: string; args: unknown[] }[];
let restore: () => void;
beforeEach(() => {
  passed = [];
  const undo = (["stdout", "stderr"] as const).map((stream) => {
    const original = process[stream].write;
    process[stream].write = ((...args: unknown[]) => {
      passed.push({ stream, args });
      return false;
    }) as typeof original;
    return () => void (process[stream].write = original);
  });
  restore = () => undo.forEach((each) => each());
});
afterEach(() => restore());

function captured(print: () => void): { lines: ConsoleLine[]; texts: string[] } {
  const lines: ConsoleLine[] = [];
  const release = captureConsole((line) => void lines.push(line));
  print();
  release();
  return { lines, texts: lines.map(({ text }) => text) };
}

describe("captureConsole", () => {
  test("gives the lines of both streams, and all goes on unchanged", () => {
    const onDone = (): void => undefined;
    const { lines } = captured(() => {
      expect(process.stdout.write("one\ntwo\n", "utf8", onDone)).toBe(false);
      process.stderr.write("warning\n");
    });
    expect(lines).toEqual([
      { stream: "stdout", text: "one" },
      { stream: "stdout", text: "two" },
      { stream: "stderr", text: "warning" },
    ]);
    expect(passed).toEqual([
      { stream: "stdout", args: ["one\ntwo\n", "utf8", onDone] },
      { stream: "stderr", args: ["warning\n"] },
    ]);
  });

  test("joins lines that come in parts, each stream for itself, and gives the open ones at the end", () => {
    const { lines } = captured(() => {
      process.stdout.write("loss ");
      process.stderr.write("careful");
      process.stdout.write("0.1\nacc");
    });
    expect(lines).toEqual([
      { stream: "stdout", text: "loss 0.1" },
      { stream: "stdout", text: "acc" },
      { stream: "stderr", text: "careful" },
    ]);
  });

  test("text cut at any byte and any number of times is the same text", () => {
    const text = fc.array(fc.constantFrom("a", "é", "한", "🎉", "\n", " "), { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat(200)), (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const { texts } = captured(() => {
          for (const [i, end] of places.entries()) process.stdout.write(new Uint8Array(bytes.subarray(places[i - 1] ?? 0, end)));
        });
        const lines = whole.split("\n");
        expect(texts).toEqual(lines.at(-1) === "" ? lines.slice(0, -1) : lines);
      }),
    );
  });

  test("strings in other encodings are read as what they print", () => {
    expect(captured(() => process.stdout.write("ed959c0a", "hex")).texts).toEqual(["한"]);
  });

  test("of a line that is printed over, the last form counts", () => {
    expect(captured(() => process.stdout.write("[1/9]\r[2/9]\rdone\r\nnext\r\n")).texts).toEqual(["done", "next"]);
  });

  test("a line without end is given out in pieces", () => {
    const { texts } = captured(() => {
      for (let i = 0; i < 25; i++) process.stdout.write("x".repeat(10_000));
    });
    expect(texts.map((text) => text.length)).toEqual([100_000, 100_000, 50_000]);
  });

  test("what the taker prints is not taken, and what it throws is lost", () => {
    const taken: string[] = [];
    const release = captureConsole(({ text }) => {
      taken.push(text);
      process.stdout.write("printed by the taker\n");
      throw new Error("full");
    });
    process.stdout.write("a\nb\n");
    release();
    expect([taken, passed.length]).toEqual([["a", "b"], 3]);
  });

  test("puts the streams back, in any order of two captures, and takes nothing afterwards", () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const before = process.stdout.write;
      const taken: string[][] = [[], []];
      const releases = taken.map((lines) => captureConsole(({ text }) => void lines.push(text)));
      process.stdout.write("both\n");
      releases[order[0]]!();
      process.stdout.write("one\n");
      releases[order[1]]!();
      releases[order[1]]!();
      process.stdout.write("none\n");
      expect(taken[order[0]]).toEqual(["both"]);
      expect(taken[order[1]]).toEqual(["both", "one"]);
      if (order[0] === 1) expect(process.stdout.write).toBe(before);
    }
  });

  test("leaves the streams as Node made them", () => {
    restore();
    const own = Object.getOwnPropertyDescriptor(process.stdout, "write");
    captureConsole(() => undefined)();
    expect(Object.getOwnPropertyDescriptor(process.stdout, "write")).toEqual(own);
  });
});
