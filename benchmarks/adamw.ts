import { adamW } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { measureStep } from "./measure-step.js";
import { inTurn, row, type Benchmark, type Row } from "./row.js";

const VALUES = 1_000_000;

/** TensorFlow.js' own Adam, behind the interface that is measured. */
function stockAdam(): Parameters<typeof measureStep>[0] {
  const adam = tf.train.adam(1e-3);
  return {
    name: "tf.train.adam",
    groups: [],
    apply: (gradients, parameters) =>
      adam.applyGradients([...parameters].map(([path, variable]) => ({ name: variable.name, tensor: gradients.get(path)! }))),
    saveState: () => Promise.resolve({}),
    loadState: () => undefined,
    dispose: () => adam.dispose(),
  };
}

export default {
  title: "One AdamW step on 1 M parameters, against tf.train.adam",
  async run() {
    const rows: Row[] = [];
    for (const backend of ["cpu", "wasm"]) {
      await tf.setBackend(backend);
      const times = await inTurn(10, 1, {
        snapfit: () => measureStep(adamW({ learningRate: 1e-3 }), VALUES, 20),
        "tf.train.adam": () => measureStep(stockAdam(), VALUES, backend === "cpu" ? 1 : 5),
      });
      rows.push(...Object.entries(times).map(([engine, timesMs]) => row(`adamw-1m-${backend}`, engine, timesMs)));
    }
    return rows;
  },
} satisfies Benchmark;
