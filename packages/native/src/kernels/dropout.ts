import { RandomStream } from "@snapfit/base";
import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";

interface DropoutFunctions {
  dropout(x: Elements, y: Elements, mask: Int32Array, scale: number, first: number): void;
}

/** Which elements a dropout keeps: a pure function of the element's index and of the seed, or of the key of a random stream. */
export interface DropoutAttributes {
  /** Share to drop, from 0 to less than 1. */
  readonly rate: number;
  readonly seed?: number;
  readonly key?: readonly [number, number];
  /** Index of the first element, where the tensor is a part of something larger. @default 0 */
  readonly firstIndex?: number;
}

/** The numbers by which the addon finds the mask: the key of the stream, and the least top 24 bits of a word that is kept. */
export function dropoutNumbers({ rate, seed = 0, key }: DropoutAttributes): readonly [key0: number, key1: number, threshold: number] {
  if (rate === 0) return [0, 0, 0];
  const [key0, key1] = key ?? RandomStream.fromSeed(seed, "dropout").saveState().key;
  // Word / 2^24 < rate is dropped; words are whole numbers.
  return [key0, key1, Math.ceil(rate * 2 ** 24)];
}

const numbers = new Int32Array(3);

export const dropoutKernels: KernelTable = {
  FusedDropout({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const attributes = attrs as unknown as DropoutAttributes;
    if (x.dtype !== "float32") return undefined;
    const values = elementsOf(backend, x);
    const y = takeLike(backend, values);
    numbers.set(dropoutNumbers(attributes));
    addon<DropoutFunctions>().dropout(values, y, numbers, 1 / (1 - attributes.rate), attributes.firstIndex ?? 0);
    return backend.own(x.shape, "float32", y);
  },
};
