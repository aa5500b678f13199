import type { RandomAccess } from "./random-access.js";

/** A set whose samples are made of raw inputs by a function of a module, so that threads can make them: see the option `workers` of `loader()`. */
export interface DecodedSet<Sample, Input = unknown> extends RandomAccess<Sample> {
  /** What sample `index` is made of: plain data that is cheap to get (a path, bytes). It is sent to a thread. */
  input(index: number): Input;
  readonly decoder: Decoder;
}

/** Where the function is that makes samples of inputs. */
export interface Decoder {
  /** A module, as `import()` takes it (best a URL), whose default export is a {@link DecoderModule}. */
  readonly module: string;
  /** What its default export is called with: plain data. */
  readonly options: unknown;
}

/** The default export of a decoder's module: called once in each thread, its answer once for each sample. */
export type DecoderModule<Sample, Input = unknown, Options = unknown> = (options: Options) => (input: Input) => Sample | Promise<Sample>;

/** Whether a set has {@link DecodedSet.input} and {@link DecodedSet.decoder}. */
export function isDecoded(set: RandomAccess<unknown>): set is DecodedSet<unknown> {
  const { input, decoder } = set as Partial<DecodedSet<unknown>>;
  return typeof input === "function" && typeof decoder?.module === "string";
}
