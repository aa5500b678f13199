import type { PenPath } from "./pen-path.js";

/** Radius of the pen at each place of a path, in pixels. */
export interface Pen {
  readonly radius: Float64Array;
  /** Pixels over which the edge of the line fades out. */
  readonly softness: number;
}

/**
 * Draws a path, in pixels, with anti-aliased edges: the coverage of a pixel follows from its distance to the line.
 * @param ink `[size, size]`, coverage 0 to 1; where lines cross, the larger one counts.
 */
export function drawPath(ink: Float32Array, size: number, { x, y, starts }: PenPath, { radius, softness }: Pen): void {
  const lifts = new Set(starts);
  for (let i = 1; i < x.length; i++) {
    if (lifts.has(i)) continue;
    drawSegment(ink, size, [x[i - 1]!, y[i - 1]!, x[i]!, y[i]!], radius[i]!, softness);
  }
}

function drawSegment(
  ink: Float32Array,
  size: number,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  radius: number,
  softness: number,
): void {
  const reach = radius + softness / 2;
  const dx = x1 - x0;
  const dy = y1 - y0;
  const lengthSquared = dx * dx + dy * dy + 1e-12;
  const firstRow = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const lastRow = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach));
  const firstColumn = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const lastColumn = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach));
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const along = Math.min(1, Math.max(0, ((column - x0) * dx + (row - y0) * dy) / lengthSquared));
      const ex = column - x0 - along * dx;
      const ey = row - y0 - along * dy;
      const coverage = 0.5 + (radius - Math.sqrt(ex * ex + ey * ey)) / softness;
      const place = row * size + column;
      if (coverage > ink[place]!) ink[place] = Math.min(1, coverage);
    }
  }
}
