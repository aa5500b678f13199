import type { RandomStream } from "@snapfit/base";

/** A sample and its place in the source. */
export interface Placed {
  readonly index: number;
  readonly sample: unknown;
}

/** Yields at random one of `size` samples that are held, and puts the next one in its place; at the end those that are left. */
export async function* shuffled(samples: AsyncIterable<Placed>, size: number, random: RandomStream): AsyncGenerator<Placed, void> {
  const held: Placed[] = [];
  for await (const sample of samples) {
    if (held.length < size) {
      held.push(sample);
      continue;
    }
    const place = random.integer(size);
    const next = held[place]!;
    held[place] = sample;
    yield next;
  }
  while (held.length > 0) {
    const place = random.integer(held.length);
    const next = held[place]!;
    held[place] = held.at(-1)!;
    held.pop();
    yield next;
  }
}
