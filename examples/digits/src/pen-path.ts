import type { Point, Stroke } from "./digit-strokes.js";

/** The places of a pen, in equal arrays; the pen is lifted before each index of `starts`. */
export interface PenPath {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly starts: readonly number[];
}

const stepsPerSpan = 5;

/** Catmull-Rom: a cubic through `b` and `c` whose slopes there are those from `a` to `c` and from `b` to `d`. */
function spline(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** The path of a pen along strokes: smooth ones through splines, straight ones in the same small steps, so that both can be bent. */
export function penPath(strokes: readonly Stroke[]): PenPath {
  const size = strokes.reduce((sum, { points }) => sum + (points.length - 1) * stepsPerSpan + 1, 0);
  const path = { x: new Float64Array(size), y: new Float64Array(size), starts: [] as number[] };
  let next = 0;
  for (const { kind, points } of strokes) {
    path.starts.push(next);
    for (let span = 0; span + 1 < points.length; span++) {
      const b = points[span]!;
      const c = points[span + 1]!;
      // Straight strokes get the neighbours that make the spline a line.
      const a: Point = kind === "smooth" ? (points[span - 1] ?? b) : [2 * b[0] - c[0], 2 * b[1] - c[1]];
      const d: Point = kind === "smooth" ? (points[span + 2] ?? c) : [2 * c[0] - b[0], 2 * c[1] - b[1]];
      const isLast = span + 2 === points.length;
      for (let step = 0; step < stepsPerSpan + (isLast ? 1 : 0); step++, next++) {
        path.x[next] = spline(a[0], b[0], c[0], d[0], step / stepsPerSpan);
        path.y[next] = spline(a[1], b[1], c[1], d[1], step / stepsPerSpan);
      }
    }
  }
  return path;
}
