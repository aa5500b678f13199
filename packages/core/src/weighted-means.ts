import type { ProcessGroup, StateRecord } from "@snapfit/base";

/** Weighted means of named values, in float64: mean = sum(w * x) / sum(w). */
export class WeightedMeans {
  readonly #sums = new Map<string, { total: number; weight: number }>();

  add(name: string, value: number, weight: number): void {
    const sum = this.#sums.get(name);
    if (sum === undefined) this.#sums.set(name, { total: value * weight, weight });
    else {
      sum.total += value * weight;
      sum.weight += weight;
    }
  }

  get isEmpty(): boolean {
    return this.#sums.size === 0;
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, { total, weight }]) => [name, total / weight]));
  }

  /** The means over all ranks, summed in rank order so that every rank has the same bits. */
  async meansOver(group: ProcessGroup): Promise<Record<string, number>> {
    if (group.size === 1) return this.means();
    const all = new WeightedMeans();
    for (const state of await group.allGather(this.saveState())) all.#merge(state);
    return all.means();
  }

  reset(): void {
    this.#sums.clear();
  }

  saveState(): StateRecord {
    return Object.fromEntries([...this.#sums].map(([name, { total, weight }]) => [name, [total, weight]]));
  }

  loadState(state: StateRecord): void {
    this.#sums.clear();
    this.#merge(state);
  }

  #merge(state: StateRecord): void {
    for (const [name, sum] of Object.entries(state)) {
      const [total, weight] = sum as [number, number];
      const own = this.#sums.get(name);
      this.#sums.set(name, { total: (own?.total ?? 0) + total, weight: (own?.weight ?? 0) + weight });
    }
  }
}
