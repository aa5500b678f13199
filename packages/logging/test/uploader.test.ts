import { sendRequest, Uploader, UploadError, type UploadSource } from "@snapfit/logging";
import { FaultServer } from "@snapfit/test-utils";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";
import { FakeClock } from "./support/fake-clock.js";

const program = childProgram(fileURLToPath(new URL("./uploader-child.ts", import.meta.url)));

const policy = { firstMs: 2000, capMs: 60_000, jitter: 0.25 };
const busy = (retryAfterMs?: number) => new UploadError("busy", { retryAfterMs });

/** A log in memory, and a service that a test lets fail. */
class Letters implements UploadSource {
  readonly arrived: string[] = [];
  numCalls = 0;
  /** Thrown by the next calls. */
  failures: unknown[] = [];
  constructor(readonly log: string[] = []) {}
  async send(_signal: AbortSignal): Promise<"more" | "idle"> {
    this.numCalls += 1;
    if (this.arrived.length === this.log.length) return "idle";
    if (this.failures.length > 0) throw this.failures.shift();
    this.arrived.push(this.log[this.arrived.length]!);
    return "more";
  }
}

test("sends all in order, looks again after a while, and ends complete", async () => {
  const clock = new FakeClock();
  const source = new Letters(["a", "b"]);
  const uploader = new Uploader(source, { policy, idleMs: 15_000, clock });
  await clock.next();
  expect([source.arrived, clock.nowMs]).toEqual([["a", "b"], 15_000]);
  source.log.push("c");
  await clock.next();
  expect(source.arrived).toEqual(["a", "b", "c"]);
  source.log.push("d");
  expect(await uploader.finish(60_000)).toBe("complete");
  expect([source.arrived.join(""), clock.nowMs, clock.numTimers]).toEqual(["abcd", 30_000, 0]);
});

test("tries again with growing waits, and tells the first failure and the end of it", async () => {
  const clock = new FakeClock();
  const source = new Letters(["a"]);
  source.failures = [busy(), busy(), busy(), busy()];
  const told: (string | undefined)[] = [];
  const uploader = new Uploader(source, { policy, idleMs: 15_000, clock, onTrouble: (error) => told.push(error?.message) });
  const times = [];
  for (let i = 0; i < 5; i++) times.push(await clock.next());
  expect(times).toEqual([2000, 6000, 14_000, 30_000, 45_000]);
  expect(told).toEqual(["busy", undefined]);
  expect(await uploader.finish(1)).toBe("complete");
});

test("waits as long as the service asks, also while it finishes", async () => {
  const clock = new FakeClock();
  const source = new Letters(["a"]);
  source.failures = [busy(120_000), busy(30_000)];
  const uploader = new Uploader(source, { policy, idleMs: 15_000, clock });
  expect(await clock.next()).toBe(120_000);
  const ended = uploader.finish(60_000);
  expect(await clock.next(2)).toBe(150_000);
  expect(await ended).toBe("complete");
});

test("does not wait for a back-off of its own when it is to finish", async () => {
  const clock = new FakeClock();
  const source = new Letters(["a"]);
  source.failures = [busy(), busy(), busy(), busy(), busy(), busy()];
  const uploader = new Uploader(source, { policy, idleMs: 15_000, clock });
  for (let i = 0; i < 5; i++) await clock.next();
  await vi.waitUntil(() => source.failures.length === 0 && clock.numTimers === 1);
  expect(await uploader.finish(1000)).toBe("complete");
  expect(clock.nowMs).toBe(62_000);
});

test("what fails until the deadline is late, and nothing is sent after it", async () => {
  const clock = new FakeClock();
  const source = new Letters(["a"]);
  source.failures = Array.from({ length: 100 }, () => busy());
  const uploader = new Uploader(source, { policy, idleMs: 15_000, clock });
  const ended = uploader.finish(10_000);
  const times = [];
  for (let i = 0; i < 3; i++) times.push(await clock.next(2));
  expect([times, await ended]).toEqual([[2000, 6000, 10_000], "late"]);
  expect([source.numCalls, clock.numTimers]).toEqual([3, 0]);
});

test("a request that hangs does not hold the end up, and is cut off", async () => {
  const clock = new FakeClock();
  let signal: AbortSignal | undefined;
  const uploader = new Uploader(
    {
      send: (given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    },
    { policy, idleMs: 1, clock },
  );
  const ended = uploader.finish(5000);
  await clock.next();
  expect([await ended, signal!.aborted]).toEqual(["late", true]);
});

test.each([
  ["a permanent refusal", new UploadError("wrong key", { status: 401, isPermanent: true }), "wrong key"],
  ["an error of the source itself", new TypeError("no such file"), "no such file"],
  ["something that is no error", undefined, "undefined"],
])("%s ends the upload, and is told once", async (_, thrown, message) => {
  const clock = new FakeClock();
  const source = new Letters(["a", "b"]);
  source.failures = [busy(), thrown];
  const told: (string | undefined)[] = [];
  const uploader = new Uploader(source, { policy, idleMs: 1, clock, onTrouble: (error) => told.push(error?.message) });
  await clock.next();
  expect(await uploader.finish(1000)).toBe("refused");
  expect([told, source.numCalls, clock.numTimers]).toEqual([["busy", message], 2, 0]);
});

test("rows that are written while the last request is on its way are sent too", async () => {
  const clock = new FakeClock();
  const log = ["a"];
  const arrived: string[] = [];
  let answer: (() => void) | undefined;
  const source: UploadSource = {
    async send() {
      const piece = log.slice(arrived.length);
      await new Promise<void>((resolve) => (answer = resolve));
      arrived.push(...piece);
      return piece.length > 0 ? "more" : "idle";
    },
  };
  const uploader = new Uploader(source, { policy, idleMs: 1, clock });
  answer!();
  await vi.waitUntil(() => arrived.length === 1);
  await new Promise(setImmediate); // asks for more, finds nothing
  log.push("b");
  const ended = uploader.finish(1000);
  const pump = setInterval(() => answer?.(), 1);
  expect([await ended, arrived]).toEqual(["complete", ["a", "b"]]);
  clearInterval(pump);
});

test("who fails to be told does not end the upload", async () => {
  const clock = new FakeClock();
  const source = new Letters(["a"]);
  source.failures = [busy()];
  const onTrouble = (): never => {
    throw new Error("no console");
  };
  const uploader = new Uploader(source, { policy, idleMs: 1, clock, onTrouble });
  await clock.next();
  expect([await uploader.finish(1000), source.arrived]).toEqual(["complete", ["a"]]);
});

test("every fault of a server: each piece arrives, in order, and those whose answer was cut come again as they were", async () => {
  const received: string[] = [];
  await using server = await FaultServer.start({
    answer: ({ body }) => {
      const [at, text] = body.toString().split(" ") as [string, string];
      received[Number(at)] = text; // by offset, as services do: the same piece twice is one
      return {};
    },
  });
  const log = ["a", "b", "c", "d", "e", "f"];
  let numAcknowledged = 0;
  const source: UploadSource = {
    async send(signal) {
      if (numAcknowledged === log.length) return "idle";
      const body = `${numAcknowledged} ${log[numAcknowledged]}`;
      await sendRequest({ method: "POST", url: server.url, body, timeoutMs: 50, isPermanent: () => false }, signal);
      numAcknowledged += 1;
      return "more";
    },
  };
  const faults = [
    { kind: "answer", status: 500 },
    { kind: "answer", status: 429, headers: { "retry-after": "0.002" } },
    { kind: "slow", delayMs: 1e9 },
    { kind: "cut request", afterBytes: 1 },
    { kind: "cut answer" },
  ] as const;
  for (const [i, fault] of faults.entries()) server.fail(fault, { times: i + 1 });
  await server.down();
  const troubles: unknown[] = [];
  const quick = { firstMs: 1, capMs: 4, jitter: 0 };
  const uploader = new Uploader(source, {
    policy: quick,
    idleMs: 1,
    onTrouble: (error) => {
      troubles.push(error?.message);
      if (troubles.length === 1) void server.up();
    },
  });
  expect(await uploader.finish(30_000)).toBe("complete");
  expect(received).toEqual(log);
  expect(troubles.length).toBeGreaterThanOrEqual(2);
  expect(server.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(15);
});

test("keeps no process alive before it is asked to finish; then it does, until the deadline", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(stdout).toBe("idle\nend of the program\nretrying: late\n");
});
