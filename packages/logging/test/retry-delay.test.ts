import { parseRetryAfter, retryDelayMs } from "@snapfit/logging";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const policy = { firstMs: 2000, capMs: 60_000, jitter: 0.25 };

describe("retryDelayMs", () => {
  test("doubles from the first delay to the cap, at any number of tries", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 1e6].map((attempt) => retryDelayMs(policy, attempt, undefined, 0));
    expect(delays).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("adds a share by chance", () => {
    expect(retryDelayMs(policy, 2, undefined, 0.5)).toBe(4500);
    expect(retryDelayMs({ ...policy, jitter: 0 }, 2, undefined, 0.5)).toBe(4000);
  });

  test("waits at least as long as the service asks, and does not hurry because it asks for nothing", () => {
    expect(retryDelayMs(policy, 1, 120_000, 0)).toBe(120_000);
    expect(retryDelayMs(policy, 9, 5000, 0)).toBe(5000);
    expect(retryDelayMs(policy, 1, 0, 0)).toBe(2000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.nat(1e9),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, asked, random) => {
          expect(retryDelayMs(policy, attempt, asked, random)).toBeGreaterThanOrEqual(Math.max(asked, policy.firstMs));
        },
      ),
    );
  });
});

describe("parseRetryAfter", () => {
  const now = Date.parse("1994-11-06T08:49:00Z");

  test.each([
    ["120", 120_000],
    [" 1.5 ", 1500],
    ["0", 0],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 37_000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 37_000],
    ["Sun Nov  6 08:49:37 1994", 37_000],
    ["Sun, 06 Nov 1994 08:48:00 GMT", 0],
  ])("reads %j", (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });

  test.each([null, "", "soon", "-5", "120, 120", "1e3", "Sun, 06 Nov"])("takes no sense out of %j", (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });

  test("never throws, and never gives a delay below 0", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (header) => {
        const delay = parseRetryAfter(header, now);
        expect(delay === undefined || delay >= 0).toBe(true);
      }),
    );
  });
});
