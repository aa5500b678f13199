/** The class of each sample as a number, in the order in which they are first met, and the samples of each class. */
export function classesOf(labels: ArrayLike<number | string>): { readonly classes: Uint32Array; readonly members: readonly Uint32Array[] } {
  const numbers = new Map<number | string, number>();
  const classes = Uint32Array.from(labels as ArrayLike<never>, (label: number | string) => {
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    return numbers.get(label)!;
  });
  const members = Array.from(numbers, () => [] as number[]);
  classes.forEach((name, index) => members[name]!.push(index));
  return { classes, members: members.map((each) => Uint32Array.from(each)) };
}
