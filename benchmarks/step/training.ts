import { adam, sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import type { StepCase } from "./cases.js";
import { buildModel } from "./models/build-model.js";
import { loadFormula, type TrainedModel } from "./trained-model.js";

type Update = (gradients: ReadonlyMap<string, tf.Tensor>, parameters: TrainedModel["parameters"]) => void;

/** Trains one model on one batch, by hand: gradients and optimizer step in one tidy. */
export class Training {
  readonly #model: TrainedModel;
  readonly #variables: tf.Variable[];
  readonly #update: Update;

  /** `optimizer` "stock" is TensorFlow.js' own. */
  constructor(
    settings: StepCase,
    { optimizer = "snapfit", startsFrom = "random" }: { optimizer?: "snapfit" | "stock"; startsFrom?: "random" | "formula" } = {},
  ) {
    this.#model = buildModel(settings);
    if (startsFrom === "formula") loadFormula(this.#model.parameters);
    this.#variables = [...this.#model.parameters.values()];
    this.#update = optimizer === "snapfit" ? ownUpdate(settings.optimizer) : stockUpdate(settings.optimizer);
  }

  /** The caller disposes the loss. */
  step(): tf.Scalar {
    const { parameters } = this.#model;
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => this.#model.loss(), this.#variables);
      this.#update(new Map([...parameters].map(([path, { name }]) => [path, grads[name]!])), parameters);
      return value;
    });
  }

  /** Losses before each of `numSteps` steps. */
  losses(numSteps: number): number[] {
    return Array.from({ length: numSteps }, () => {
      const loss = this.step();
      const [value] = loss.dataSync();
      loss.dispose();
      return value!;
    });
  }
}

function ownUpdate({ name, ...rates }: StepCase["optimizer"]): Update {
  const optimizer = name === "sgd" ? sgd(rates) : adam(rates);
  return (gradients, parameters) => optimizer.apply(gradients, parameters, 1);
}

function stockUpdate(settings: StepCase["optimizer"]): Update {
  const { learningRate } = settings;
  const optimizer = settings.name === "sgd" ? tf.train.momentum(learningRate, settings.momentum) : tf.train.adam(learningRate);
  return (gradients, parameters) =>
    optimizer.applyGradients([...gradients].map(([path, tensor]) => ({ name: parameters.get(path)!.name, tensor })));
}
