import { hostTensor, RandomStream } from "@snapfit/base";
import { arrays, loader } from "@snapfit/data";
import * as tf from "@tensorflow/tfjs";
import { inTurn, row, type Benchmark } from "./row.js";

const ROWS = 20_000;
const BATCH = 64;

const random = RandomStream.fromSeed(1);
const values = new Float32Array(ROWS * 64);
random.fillUniform(values);
const labels = Int32Array.from({ length: ROWS }, () => random.integer(10));
const ours = loader(arrays({ x: hostTensor(values, [ROWS, 64]), y: labels }), { batchSize: BATCH, shuffle: true });

async function passOfOurs(): Promise<number> {
  const start = performance.now();
  let count = 0;
  for await (const { y } of ours) count += y.data.length;
  if (count !== ROWS) throw new Error(`The loader yielded ${count} samples of ${ROWS}.`);
  return performance.now() - start;
}

/** The same work with TensorFlow.js' own pipeline: whole rows, shuffled in a buffer, in batches. */
async function passOfTfData(): Promise<number> {
  const rows = Array.from({ length: ROWS }, (_, i) => ({ x: values.subarray(64 * i, 64 * (i + 1)), y: labels[i]! }));
  const start = performance.now();
  await tf.data
    .array(rows)
    .shuffle(1000)
    .batch(BATCH)
    .forEachAsync((batch) => tf.dispose(batch as tf.TensorContainer));
  return performance.now() - start;
}

export default {
  title: `One shuffled pass over ${ROWS} rows of 64 floats with a label, batches of ${BATCH}, against tf.data`,
  async run() {
    await tf.setBackend("cpu");
    const times = await inTurn(5, 1, { snapfit: passOfOurs, "tf.data": passOfTfData });
    return Object.entries(times).map(([engine, timesMs]) => row("loader-20k-rows", engine, timesMs));
  },
} satisfies Benchmark;
