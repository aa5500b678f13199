// Runs in a process of its own and says what happens, one line each. What it is told to do stands in its arguments.
import { hostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { Trainer, type StepResult } from "../src/index.js";

const todo = new Set(process.argv.slice(2));
const say = (line: string) => process.stdout.write(`${line}\n`);

class Endless extends Trainer<tf.Tensor1D> {
  protected override trainingStep(x: tf.Tensor1D): StepResult {
    return { loss: this.forward(x).mean() };
  }
  protected override validationStep(x: tf.Tensor1D): StepResult {
    return { loss: x.mean() };
  }
  protected override setup(): void {
    this.defer(() => void say("closed"));
  }
  protected override onOptimizerStep(): void {
    if (this.progress.step === 3) say("stepped");
  }
  protected override onValidationBatchEnd(_outputs: unknown, _batch: unknown, index: number): void {
    if (index === 3) say("validating");
  }
  protected override async savePoint(kind: string): Promise<void> {
    if (kind === "step") return;
    say(`savePoint ${kind}`);
    if (todo.has("hang")) await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  protected override onFitEnd(reason: string): void {
    say(`onFitEnd ${reason}`);
  }
}

function* endless() {
  for (;;) yield hostTensor(Float32Array.of(0), [1]);
}

if (todo.has("listen")) process.on("SIGINT", () => say("heard"));
const model = () => {
  const w = tf.variable(tf.scalar(1));
  return { parameters: () => new Map([["w", w]]), forward: (x: tf.Tensor | tf.Tensor[]) => tf.mul(x as tf.Tensor, w) };
};
const trainer = new Endless({
  model,
  optimizer: sgd({ learningRate: 1 }),
  device: "cpu",
  seed: 1,
  signals: !todo.has("ignore"),
  logger: { debug: say, info: say, warning: say, error: say },
});
if (todo.has("twice")) await trainer.fit({ train: [hostTensor(Float32Array.of(0), [1])], epochs: 1 });
say(`listeners before ${process.listenerCount("SIGINT")} ${process.listenerCount("SIGTERM")}`);
if (todo.has("finish")) {
  await trainer.fit({ train: [hostTensor(Float32Array.of(0), [1])], epochs: 1 });
  say("the script is done");
} else {
  const fit = trainer.fit(
    todo.has("validate") ? { train: endless, validation: endless, limitTrainBatches: 2, epochs: 1 } : { train: endless, epochs: 1 },
  );
  await trainer.ready();
  const { reason, interrupted } = await fit;
  say(`fit ${reason} ${interrupted}`);
  say(`listeners after ${process.listenerCount("SIGINT")} ${process.listenerCount("SIGTERM")}`);
  say(`later ${(await trainer.fit({ train: endless, steps: 1 })).reason}`);
}
