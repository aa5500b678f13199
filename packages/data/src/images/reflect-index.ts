/** The index inside of `length` values for any integer, by mirroring at the first and last value without repeating them: -1 is 1, `length` is `length - 2`. */
export function reflectIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const offset = ((index % period) + period) % period;
  return offset < length ? offset : period - offset;
}
