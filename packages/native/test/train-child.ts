// Started by processes.test.ts with a mode as its argument; its `trainSteps` also runs in worker threads.
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { nativeStatus } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";

/** Trains a small convolutional model and gives its losses. */
async function trainSteps(numSteps: number, betweenSteps?: () => Promise<void>): Promise<number[]> {
  await tf.setBackend("native");
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 8,
        kernelSize: 3,
        activation: "relu",
        inputShape: [12, 12, 3],
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
  const x = tf.randomNormal([32, 12, 12, 3], 0, 1, "float32", 3) as tf.Tensor4D;
  const y = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: 32 }, (_, index) => index % 10),
      "int32",
    ),
    10,
  );
  const optimizer = tf.train.sgd(0.05);
  const losses: number[] = [];
  for (let step = 0; step < numSteps; step++) {
    const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.apply(x) as tf.Tensor) as tf.Scalar, true)!;
    losses.push((await loss.data())[0]!);
    loss.dispose();
    await betweenSteps?.();
  }
  return losses;
}

function inWorker(): Promise<{ losses: number[]; threads: number }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url));
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

const modes: Readonly<Record<string, () => Promise<unknown>>> = {
  // Two threads train at once, each with an engine of its own.
  workers: () => Promise.all([inWorker(), inWorker()]),
  // The process ends between two steps of many, while threads of the kernels wait for work.
  exit: () => trainSteps(1000, async () => process.exit(7)),
  // Timers fire while a training runs.
  timers: async () => {
    let numTicks = 0;
    const timer = setInterval(() => numTicks++, 1);
    await trainSteps(20, () => new Promise((resolve) => setImmediate(resolve)));
    clearInterval(timer);
    return numTicks;
  },
};

if (isMainThread) console.log(JSON.stringify(await modes[process.argv[2]!]!()));
else parentPort!.postMessage({ losses: await trainSteps(10), threads: nativeStatus().threads.count });
