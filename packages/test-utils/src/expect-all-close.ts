import { hostArray, indexText, type HostArray } from "./host-arrays.js";

/** How far two values may be apart: `|actual - expected| <= absolute + relative * |expected|`, as in NumPy's allclose. */
export interface Tolerance {
  /** @default 1e-5 */
  readonly relative?: number;
  /** @default 1e-6 */
  readonly absolute?: number;
}

/**
 * Throws unless all numbers are close. Takes tensors, host tensors, arrays and numbers, and records or maps of them, such as weights by path.
 * NaN equals NaN. Shapes must agree where both have one; a typed array has none.
 * @throws Error a sentence that names the worst value
 */
export function expectAllClose(actual: unknown, expected: unknown, tolerance: Tolerance = {}): void {
  const problem = firstDistance(actual, expected, tolerance, "");
  if (problem !== undefined) throw new Error(problem);
}

function firstDistance(actual: unknown, expected: unknown, tolerance: Tolerance, path: string): string | undefined {
  const a = hostArray(actual);
  const b = hostArray(expected);
  const at = path === "" ? "" : ` of ${path}`;
  if (a && b) return distance(a, b, tolerance, at);
  const left = entriesOf(actual);
  const right = entriesOf(expected);
  if (a || b || !left || !right)
    return `Nothing to compare${at}: ${kindOf(actual)} and ${kindOf(expected)}. Both must be numbers, arrays, tensors, or records of these.`;
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const alone = names.find((name) => !left.has(name) || !right.has(name));
  if (alone !== undefined) return `${left.has(alone) ? "Only the actual" : "Only the expected"} value has ${JSON.stringify(alone)}${at}.`;
  for (const name of names) {
    const problem = firstDistance(left.get(name), right.get(name), tolerance, path === "" ? name : `${path}.${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function distance(actual: HostArray, expected: HostArray, { relative = 1e-5, absolute = 1e-6 }: Tolerance, at: string): string | undefined {
  const shapes = [actual.shape, expected.shape].map((shape) => `[${shape?.join(", ") ?? ""}]`);
  if (actual.shape && expected.shape && shapes[0] !== shapes[1]) return `Shapes${at} differ: ${shapes[0]} instead of ${shapes[1]}.`;
  const length = actual.values.length;
  if (length !== expected.values.length) return `Lengths${at} differ: ${length} instead of ${expected.values.length} values.`;
  let worst = -1;
  let excess = 0;
  let count = 0;
  for (let i = 0; i < length; i++) {
    const a = Number(actual.values[i]);
    const b = Number(expected.values[i]);
    if (Object.is(a, b) || a === b) continue;
    const apart = Math.abs(a - b) / (absolute + relative * Math.abs(b)); // 1 at the border of what is allowed
    if (apart <= 1) continue;
    count += 1;
    if (worst < 0 || !(apart <= excess)) [worst, excess] = [i, apart];
  }
  if (worst < 0) return undefined;
  const [a, b] = [Number(actual.values[worst]), Number(expected.values[worst])];
  const index = indexText(worst, actual.shape ?? expected.shape);
  return `${count} of ${length} values${at} ${count === 1 ? "is" : "are"} not close; the worst at ${index}: ${a} instead of ${b} (difference ${shortly(Math.abs(a - b))}, allowed ${shortly(absolute + relative * Math.abs(b))}).`;
}

function entriesOf(value: unknown): Map<string, unknown> | undefined {
  if (value instanceof Map) return value as Map<string, unknown>;
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return hostArray(value) ? "an array" : "an array that is not regular";
  return value === null ? "null" : typeof value;
}

function shortly(value: number): string {
  return String(Number(value.toPrecision(3)));
}
