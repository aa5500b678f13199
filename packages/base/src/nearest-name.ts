/**
 * The known name that is most likely meant, for "Did you mean …?"; undefined if none is near: at most two fifths of the letters may differ.
 * Upper and lower case count as equal; the first of several equally near names wins.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let nearestDistance = Infinity;
  for (const candidate of known) {
    const longer = Math.max(name.length, candidate.length);
    const allowed = Math.min(longer - 1, Math.max(1, Math.floor(longer * 0.4)));
    // No distance is smaller than the difference in length, and candidates may come from outside, of any length.
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= allowed && distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/**
 * How many letters must be inserted, removed, replaced, or swapped with their neighbour (each letter at most once).
 * @see Damerau 1964, doi 10.1145/363958.363994
 */
export function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const replaced = current[j - 1]! + (isSame ? 0 : 1);
      const swapped = isSwap ? previous[j - 2]! + 1 : Infinity;
      next[j] = Math.min(next[j - 1]! + 1, current[j]! + 1, replaced, swapped);
    }
    previous = current;
    current = next;
  }
  return current[b.length]!;
}
