/** Order of names in which runs of digits count as numbers: "2.png" before "10.png". The same on every machine. */
export function compareNatural(a: string, b: string): number {
  const partsOf = (name: string): string[] => name.match(/\d+|\D+/g) ?? [];
  const [partsA, partsB] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const order = compareParts(partsA[i]!, partsB[i]!);
    if (order !== 0) return order;
  }
  // Names that differ only in leading zeros still have an order.
  return partsA.length - partsB.length || compareText(a, b);
}

function compareParts(a: string, b: string): number {
  const isNumber = /^\d/.test(a) && /^\d/.test(b);
  if (!isNumber) return compareText(a, b);
  const [digitsA, digitsB] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  return digitsA.length - digitsB.length || compareText(digitsA, digitsB);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
