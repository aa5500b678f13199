import type { LogRecord } from "@snapfit/core";
import type { LoggedPoint, LoggerUnderTest } from "./settings.js";

/** The points that records hold, as far as a logger gives them back. */
export function pointsOf(
  records: readonly LogRecord[],
  { kinds = ["scalars", "text"], precision, finiteOnly = false }: LoggerUnderTest,
): LoggedPoint[] {
  return records.flatMap((record): LoggedPoint[] => {
    const { step } = record;
    if (record.kind === "text" && kinds.includes("text")) return [{ name: record.key, step, value: record.text }];
    if (record.kind !== "scalars" || !kinds.includes("scalars")) return [];
    const values = Object.entries(record.values).filter(([, value]) => !finiteOnly || Number.isFinite(value));
    return values.map(([name, value]) => ({
      name,
      step,
      value: precision === "float32" ? Math.fround(value) : value,
    }));
  });
}

/** What loggers add of their own. */
const ADDED = ["train/samples_per_second"];

/** Names whose values differ between two runs that did the same: they are measured by a clock, in the core or in a logger. */
export function timedNames(one: readonly LogRecord[], other: readonly LogRecord[]): ReadonlySet<string> {
  const names = new Set(ADDED);
  for (const [i, record] of one.entries()) {
    const again = other[i];
    if (record.kind !== "scalars" || again?.kind !== "scalars") continue;
    for (const [name, value] of Object.entries(record.values)) if (!Object.is(value, again.values[name])) names.add(name);
  }
  return names;
}

/** What is wrong with what a logger has: the first point that is missing, there too often, or out of order; undefined if nothing is. */
export function differenceOf(
  actual: readonly LoggedPoint[],
  expected: readonly LoggedPoint[],
  timed: ReadonlySet<string>,
): string | undefined {
  const [have, want] = [actual, expected].map((points) => points.filter(({ name }) => !timed.has(name))) as [LoggedPoint[], LoggedPoint[]];
  const left = countsOf(have);
  for (const point of want) {
    const key = keyOf(point);
    const count = left.get(key) ?? 0;
    if (count === 0) return missingText(point, have, left);
    left.set(key, count - 1);
  }
  const extra = have.find((point) => left.get(keyOf(point))! > 0);
  if (extra !== undefined) {
    const isThere = want.some((point) => keyOf(point) === keyOf(extra));
    return `has ${textOf(extra)} ${isThere ? "more than once" : "that was never logged"}`;
  }
  return disorderOf(have, want);
}

/** How often each point is there. */
export function countsOf(points: readonly LoggedPoint[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const point of points) counts.set(keyOf(point), (counts.get(keyOf(point)) ?? 0) + 1);
  return counts;
}

/** Equal for points that are the same; 0 and -0 are. */
export function keyOf({ name, step, value }: LoggedPoint): string {
  return JSON.stringify([name, step, typeof value === "number" ? `number ${value + 0}` : value]);
}

/** A point in the words of a message. */
export function textOf({ name, step, value }: LoggedPoint): string {
  const text = typeof value === "string" ? JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value) : String(value);
  return `${name} = ${text} of step ${step}`;
}

function missingText(point: LoggedPoint, have: readonly LoggedPoint[], left: ReadonlyMap<string, number>): string {
  const instead = have.find((each) => each.name === point.name && each.step === point.step && left.get(keyOf(each))! > 0);
  return `lacks ${textOf(point)}${instead === undefined ? "" : `; it has ${textOf(instead)} instead`}`;
}

function disorderOf(have: readonly LoggedPoint[], want: readonly LoggedPoint[]): string | undefined {
  const [haveByName, wantByName] = [byName(have), byName(want)];
  for (const [name, points] of wantByName) {
    const at = points.findIndex((point, i) => keyOf(point) !== keyOf(haveByName.get(name)![i]!));
    if (at >= 0) return `has ${textOf(haveByName.get(name)![at]!)} before ${textOf(points[at]!)}, which was logged first`;
  }
  return undefined;
}

function byName(points: readonly LoggedPoint[]): Map<string, LoggedPoint[]> {
  const groups = new Map<string, LoggedPoint[]>();
  for (const point of points) {
    const group = groups.get(point.name);
    if (group === undefined) groups.set(point.name, [point]);
    else group.push(point);
  }
  return groups;
}
