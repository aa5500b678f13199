import { hostTensor, type HostTensor } from "@snapfit/base";
import { arrays, type BatchAccess, type ColumnsBatch, type ColumnsSample } from "@snapfit/data";
import { setImmediate } from "node:timers/promises";
import type { DemoOptions } from "./demo-options.js";
import { mnistDigits } from "./mnist-digits.js";
import { syntheticDigits } from "./synthetic-digits.js";

/** Images [count, 28, 28] and the digits they show. */
type DigitColumns = { readonly image: HostTensor<3, "uint8">; readonly label: HostTensor<1, "uint8"> };
/** Digits as a set of samples. */
export type DigitSet = BatchAccess<ColumnsSample<DigitColumns>, ColumnsBatch<DigitColumns>>;

/** Digits for a whole run. */
export interface DigitSplits {
  readonly train: DigitSet;
  readonly validation: DigitSet;
  readonly test: DigitSet;
}

/** Digits drawn at a time: between two portions Ctrl-C is heard. */
const portion = 250;

/** The digits that the options ask for. @param say takes lines about them */
export async function loadDigits({ data, fast }: DemoOptions, say: (line: string) => void): Promise<DigitSplits> {
  const startMs = performance.now();
  const counts = fast ? ([1_200, 300, 300] as const) : ([12_000, 2_000, 2_000] as const);
  if (data === undefined) say(`Drawing ${numberText(counts[0] + counts[1] + counts[2])} digits ...`);
  const splits = data === undefined ? await drawnDigits(counts) : await mnistDigits(data);
  const [train, validation, test] = [splits.train, splits.validation, splits.test].map(({ length }) => numberText(length));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  say(
    `Data: ${data === undefined ? "synthetic digits" : `MNIST from ${data}`} (${seconds}s): ${train} train, ${validation} validation, ${test} test`,
  );
  return splits;
}

function numberText(count: number): string {
  return count.toLocaleString("en");
}

/** Synthetic digits, the same ones in every run: like a data set that needs no download. */
async function drawnDigits([train, validation, test]: readonly [number, number, number]): Promise<DigitSplits> {
  return { train: await draw(train, 1), validation: await draw(validation, 2), test: await draw(test, 3) };
}

async function draw(count: number, part: number): Promise<DigitSet> {
  const image = hostTensor(new Uint8Array(count * 784), [count, 28, 28]) as DigitColumns["image"];
  const label = hostTensor(new Uint8Array(count), [count]) as DigitColumns["label"];
  for (let start = 0; start < count; start += portion) {
    const drawn = syntheticDigits(Math.min(portion, count - start), { seed: part * 1_000_000 + start });
    image.data.set(drawn.images, start * 784);
    label.data.set(drawn.labels, start);
    await setImmediate();
  }
  return arrays({ image, label });
}
