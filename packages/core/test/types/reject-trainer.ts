// What must not compile of a trainer. compilers.test.ts checks text and position of each error; nothing here is called.
import { hostTensor, type HostTensor } from "@snapfit/base";
import { EarlyStopper, evaluate, Trainer } from "@snapfit/core";
import type { BatchOutputs, Callback, OptimizerConfiguration, StepResult, Weights } from "@snapfit/core";
import { sgd } from "@snapfit/optim";
import type * as tf from "@tensorflow/tfjs";
import { Digits, digits, options, type DigitBatch } from "./digits.js";

declare const trainer: Digits;
declare const scalar: tf.Scalar;
declare const images: HostTensor<2>;
declare const labels: HostTensor<1>;
declare const volumes: HostTensor<3>;
const train = [digits(1)];
const adam = sgd({ learningRate: 1 });

function steps(): void {
  class Asynchronous extends Trainer<DigitBatch> {
    // an async trainingStep is refused, because steps are synchronous
    // @ts-expect-error `trainingStep` '"Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise."'
    protected override async trainingStep() {
      return { loss: scalar };
    }
  }
  class Promised extends Trainer<DigitBatch> {
    protected override trainingStep(): StepResult {
      // a promise in place of a step result is refused where it is returned
      // @ts-expect-error `return` '"Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise."'
      return Promise.resolve({ loss: scalar });
    }
  }
  class AsynchronousTest extends Digits {
    // an async testStep is refused with the same reason
    // @ts-expect-error `testStep` '"Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise."'
    protected override async testStep() {
      return { loss: scalar };
    }
  }
  class AsynchronousLoss extends Digits {
    // an async computeLoss is refused with the same reason
    // @ts-expect-error `computeLoss` '"Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise."'
    protected override async computeLoss(batch: unknown, index: number) {
      return super.computeLoss(batch, index);
    }
  }
  class AsynchronousPrediction extends Digits {
    // an async predictStep is refused
    // @ts-expect-error `predictStep` Type 'Promise<Scalar>' is not assignable to type
    protected override async predictStep() {
      return scalar;
    }
  }
  class AsynchronousClip extends Digits {
    // an async clipGradients is refused
    // @ts-expect-error `clipGradients` => Promise<Gradients>' is not assignable to type '(gradients: Gradients) => Gradients'
    protected override async clipGradients(gradients: ReadonlyMap<string, tf.Tensor>) {
      return super.clipGradients(gradients);
    }
  }
  class Bare extends Trainer<DigitBatch> {
    // a step that returns a bare tensor is refused with the reason
    // @ts-expect-error `trainingStep` '"A step returns an object such as { loss }, no bare tensor."'
    protected override trainingStep() {
      return scalar;
    }
  }
  class BareNumber extends Trainer<DigitBatch> {
    // a step that returns a bare number is refused
    // @ts-expect-error `trainingStep` Type 'number' is not assignable to type 'StepResult'
    protected override trainingStep() {
      return 3;
    }
  }
  class Text extends Trainer<DigitBatch> {
    protected override trainingStep(): StepResult {
      // a scalar of a step cannot be a string
      // @ts-expect-error `note` Type 'string' is not assignable to type
      return { loss: scalar, note: "good" };
    }
  }
  class InferredText extends Trainer<DigitBatch> {
    // the scalar that is a string is named where the result is inferred
    // @ts-expect-error `trainingStep` Property 'note' is incompatible with index signature. Type 'string' is not assignable to type
    protected override trainingStep() {
      return { loss: scalar, note: "good" };
    }
  }
  class NumberLoss extends Trainer<DigitBatch> {
    protected override trainingStep(): StepResult {
      // the loss must be a tensor
      // @ts-expect-error `loss` Type 'number' is not assignable to type 'Tensor<Rank>'
      return { loss: 0.5 };
    }
  }
  class Forgetful extends Trainer<DigitBatch> {
    // a step that forgets to return is refused
    // @ts-expect-error `trainingStep` Type 'void' is not assignable to type 'StepResult'
    protected override trainingStep({ labels }: DigitBatch) {
      labels.mean();
    }
  }
  class Arrays extends Trainer<DigitBatch> {
    protected override trainingStep(): StepResult {
      // outputs of a step cannot be plain arrays
      // @ts-expect-error `logits` Type 'number[]' is missing the following properties from type 'Tensor<Rank>'
      return { loss: scalar, outputs: { logits: [1, 2] } };
    }
  }
  class Unnamed extends Trainer<DigitBatch> {
    protected override trainingStep(): StepResult {
      // outputs of a step have names
      // @ts-expect-error `outputs` Type 'Scalar' is not assignable to type 'Readonly<Record<string, Tensor<Rank>>>'
      return { loss: scalar, outputs: scalar };
    }
  }
  // trainingStep cannot be private
  // @ts-expect-error `Private` Property 'trainingStep' is private in type 'Private' but not in type 'Trainer<DigitBatch>'
  class Private extends Trainer<DigitBatch> {
    private override trainingStep(): StepResult {
      return {};
    }
    peek(): StepResult {
      return this.trainingStep();
    }
  }
  class Greedy extends Trainer<DigitBatch> {
    // a step cannot ask for more arguments than the loop passes
    // @ts-expect-error `trainingStep` Target signature provides too few arguments. Expected 4 or more, but got 3.
    protected override trainingStep(batch: DigitBatch, index: number, name: string, more: number): StepResult {
      return { loss: batch.labels.mean(), sum: index + more + name.length };
    }
  }
  void [Asynchronous, Promised, AsynchronousTest, AsynchronousLoss, AsynchronousPrediction, AsynchronousClip, Bare, BareNumber, Text];
  void [InferredText, NumberLoss, Forgetful, Arrays, Unnamed, Private, Greedy];
}

function loaders(): void {
  // a host tensor of another rank is refused where it stands
  // @ts-expect-error `images` Type 'HostTensor<3, HostDType>' is not assignable to type 'HostTensor<2, HostDType>'
  void trainer.fit({ train: [{ images: volumes, labels }], epochs: 1 });
  // a batch without one of its keys is refused
  // @ts-expect-error `{` Property 'labels' is missing in type '{ images: HostTensor<2, HostDType>; }' but required in type
  void trainer.fit({ train: [{ images }], epochs: 1 });
  // a batch of a deeper nesting is refused
  // @ts-expect-error `pixels` 'pixels' does not exist in type
  void trainer.fit({ train: [{ images: { pixels: images }, labels }], epochs: 1 });
  // a tuple does not stand for a record
  // @ts-expect-error `[` Type '[HostTensor<2, HostDType>, HostTensor<1, HostDType>]' is not assignable to type '{ readonly images:
  void trainer.fit({ train: [[images, labels]], epochs: 1 });
  // a tensor of another rank is refused
  // @ts-expect-error `images` Type 'Rank.R0' is not assignable to type 'Rank.R2'
  void trainer.fit({ train: [{ images: scalar, labels }], epochs: 1 });
  // plain nested arrays are no batch
  // @ts-expect-error `images` is not assignable to type 'Tensor2D
  void trainer.fit({ train: [{ images: [[1, 2]], labels }], epochs: 1 });
  // a typed array without a shape is no tensor
  // @ts-expect-error `labels` Type 'Float32Array<ArrayBuffer>' is not assignable to type
  void trainer.fit({ train: [{ images, labels: new Float32Array(1) }], epochs: 1 });
  // a single batch is no loader
  // @ts-expect-error `images` 'images' does not exist in type 'BatchSource<
  void trainer.fit({ train: { images, labels }, epochs: 1 });
  // a host tensor is no loader
  // @ts-expect-error `hostTensor(` Argument of type 'HostTensor<2, "float32">' is not assignable to parameter of type 'BatchSource<
  void trainer.predictAll(hostTensor(new Float32Array(4), [1, 4]));
  // a promise of a loader is no loader
  // @ts-expect-error `train` Type 'Promise<{ readonly images: HostTensor<2, HostDType>; readonly labels: HostTensor<1, HostDType>; }[]>' is not
  void trainer.fit({ train: Promise.resolve(train), epochs: 1 });
  // a function that promises a loader is no loader
  // @ts-expect-error `train` Type '() => Promise<{ readonly images: HostTensor<2>; readonly labels: HostTensor<1>; }[]>' is not assignable
  void trainer.fit({ train: async () => train, epochs: 1 });
  void trainer.fit({
    // a generator function of other batches is refused
    // @ts-expect-error `train` Type 'HostTensor<2, HostDType>' is missing the following properties from type '{ readonly images:
    *train() {
      yield images;
    },
    epochs: 1,
  });
  void trainer.fit({
    // an async generator function of other batches is refused
    // @ts-expect-error `train` Property 'labels' is missing in type '{ images: HostTensor<2, HostDType>; }' but required in type
    async *train() {
      yield { images };
    },
    epochs: 1,
  });
  // a loader of samples of batches is one level too deep
  // @ts-expect-error `train]` is missing the following properties from type '{ readonly images:
  void trainer.fit({ train: [train], epochs: 1 });
  // validation data are of the same type
  // @ts-expect-error `{` Property 'images' is missing in type '{ labels: HostTensor<1, HostDType>; }'
  void trainer.fit({ train, validation: [{ labels }], epochs: 1 });
  class Pairs extends Trainer<readonly [tf.Tensor2D, tf.Tensor1D]> {
    protected override trainingStep(): StepResult {
      return {};
    }
  }
  // a tuple of another length is refused
  // @ts-expect-error `[` Source has 3 element(s) but target allows only 2
  void new Pairs(options).fit({ train: [[images, labels, labels]], epochs: 1 });
  class Captioned extends Trainer<{ readonly captions: readonly string[] }> {
    protected override trainingStep(): StepResult {
      return {};
    }
  }
  // what is no tensor in a batch cannot come as one
  // @ts-expect-error `captions` Type 'HostTensor<1, HostDType>' is missing the following properties from type 'readonly string[]'
  void new Captioned(options).fit({ train: [{ captions: labels }], epochs: 1 });
  // a trainer of one batch type is no trainer of another
  // @ts-expect-error `other` Type 'Digits' is not assignable to type 'Trainer<readonly [Tensor2D, Tensor1D]>'
  const other: Trainer<readonly [tf.Tensor2D, tf.Tensor1D]> = trainer;
  void other;
}

function fits(): void {
  // a fit needs a limit
  // @ts-expect-error `{ train }` Property 'epochs' is missing
  void trainer.fit({ train });
  // an unknown option of a fit is refused with the nearest known one
  // @ts-expect-error `epoch` 'epoch' does not exist in type 'FitOptions<DigitBatch>'. Did you mean to write 'epochs'?
  void trainer.fit({ train, epoch: 3 });
  // validateEvery is no bare number
  // @ts-expect-error `validateEvery` Type 'number' is not assignable to type '{ readonly epochs: number;
  void trainer.fit({ train, epochs: 3, validateEvery: 5 });
  // validateEvery counts epochs or steps, not both
  // @ts-expect-error `steps` Type 'number' is not assignable to type 'undefined'
  void trainer.fit({ train, epochs: 3, validateEvery: { epochs: 1, steps: 5 } });
  // validateEvery says how often
  // @ts-expect-error `validateEvery` Type '{}' is not assignable to type '{ readonly epochs: number;
  void trainer.fit({ train, epochs: 3, validateEvery: {} });
  // a fit needs data
  // @ts-expect-error `{ epochs: 3 }` Property 'train' is missing
  void trainer.fit({ epochs: 3 });
  // data do not stand apart from the options
  // @ts-expect-error `{` Expected 1 arguments, but got 2
  void trainer.fit(train, { epochs: 3 });
  // a limit is a number
  // @ts-expect-error `epochs` Type 'string' is not assignable to type 'number'
  void trainer.fit({ train, epochs: "3" });
  // a limit is there or not, but never undefined
  // @ts-expect-error `{ train, epochs: undefined }` with 'exactOptionalPropertyTypes: true'
  void trainer.fit({ train, epochs: undefined });
  // a fit takes the signal, not its controller
  // @ts-expect-error `signal` Type 'AbortController' is missing the following properties from type 'AbortSignal'
  void trainer.fit({ train, epochs: 3, signal: new AbortController() });
}

function parts(): void {
  class BareOptimizer extends Digits {
    protected override configureOptimizers(): OptimizerConfiguration {
      // configureOptimizers returns no bare optimizer
      // @ts-expect-error `return adam` configureOptimizers() returns { optimizer }, no bare optimizer
      return adam;
    }
  }
  class ListedOptimizers extends Digits {
    // configureOptimizers returns no list
    // @ts-expect-error `configureOptimizers` Type 'Optimizer[]' is not assignable to type
    protected override configureOptimizers() {
      return [adam];
    }
  }
  class SharedOptimizers extends Digits {
    protected override configureOptimizers(): OptimizerConfiguration {
      // each of several optimizers says which parameters it trains
      // @ts-expect-error `critic` Property 'parameters' is missing in type '{ optimizer: Optimizer; }' but required in type 'NamedOptimizer'
      return { critic: { optimizer: adam }, generator: { optimizer: adam, parameters: () => true } };
    }
  }
  class BareStopper extends Digits {
    // configureEarlyStoppers returns no bare stopper
    // @ts-expect-error `configureEarlyStoppers` Type 'EarlyStopper' is not assignable to type
    protected override configureEarlyStoppers() {
      return new EarlyStopper();
    }
  }
  class MetricClass extends Digits {
    // a metric is an object, not its class
    // @ts-expect-error `configureMetrics` is missing the following properties from type 'Metric': direction, update, compute, reset
    protected override configureMetrics() {
      return { valid: { accuracy: EarlyStopper } };
    }
  }
  // the mode of a stopper is max or min
  // @ts-expect-error `mode` Type '"maximize"' is not assignable to type 'Mode
  new EarlyStopper({ mode: "maximize" });
  // an unknown option of a stopper is refused with the nearest known one
  // @ts-expect-error `minimumDelta` 'minimumDelta' does not exist in type 'EarlyStopperOptions'. Did you mean to write 'minDelta'?
  new EarlyStopper({ monitor: "loss", minimumDelta: 3 });
  // a callback has no hooks of its own
  // @ts-expect-error `onEpochEnd` 'onEpochEnd' does not exist in type 'Callback'
  const misnamed: Callback = { onEpochEnd() {} };
  // a misspelt hook of a callback is refused with the nearest known one
  // @ts-expect-error `onFitStarts` 'onFitStarts' does not exist in type 'Callback'. Did you mean to write 'onFitStart'?
  new Digits({ ...options, callbacks: [{ onFitStarts() {} }] });
  const shifted: Callback = {
    // a callback's first argument is the trainer
    // @ts-expect-error `onTrainEpochEnd` Types of parameters 'metrics' and 'trainer' are incompatible
    onTrainEpochEnd(metrics: { readonly valid: number }) {
      void metrics;
    },
  };
  const mistyped: Callback = {
    // a callback's argument has the type of the hook's
    // @ts-expect-error `onFitEnd` Types of parameters 'reason' and 'reason' are incompatible. Type 'string' is not assignable to type 'number'
    onFitEnd(_trainer, reason: number) {
      void reason;
    },
  };
  // a callback returns nothing
  // @ts-expect-error `onFitStart` Type 'string' is not assignable to type 'Awaitable<void>'
  const returning: Callback = { onFitStart: () => "done" };
  // callbacks are a list
  // @ts-expect-error `onFitStart` 'onFitStart' does not exist in type 'readonly Callback[]'
  new Digits({ ...options, callbacks: { onFitStart() {} } });
  // a logger has four methods
  // @ts-expect-error `logger` is missing the following properties from type 'Logger': debug, warning, error
  new Digits({ ...options, logger: { info: () => {} } });
  // the console is no logger
  // @ts-expect-error `logger` Property 'warning' is missing in type 'Console' but required in type 'Logger'
  new Digits({ ...options, logger: console });
  // a trainer needs a model
  // @ts-expect-error `{}` Property 'model' is missing in type '{}' but required in type 'TrainerOptions'
  new Digits({});
  // an optimizer has no names
  // @ts-expect-error `optimizer` Type 'string' is not assignable to type 'Optimizer'
  new Digits({ ...options, optimizer: "adam" });
  // an optimizer is made by a call
  // @ts-expect-error `sgd` Type '(options: SgdOptions) => Optimizer' is not assignable to type 'Optimizer'
  new Digits({ ...options, optimizer: sgd });
  // limits of gradients have names
  // @ts-expect-error `clip` Type 'number' has no properties in common with type 'ClipOptions'
  new Digits({ ...options, clip: 1 });
  // a loss returns a tensor
  // @ts-expect-error `loss` Type '() => number' is not assignable to type
  new Digits({ ...options, loss: () => 3 });
  // a model gives its parameters as a map
  // @ts-expect-error `(` is missing the following properties from type 'ReadonlyMap<string, Variable<Rank>>'
  new Digits({ ...options, model: { parameters: () => ({}) } });
  // an unknown option of a trainer is refused with the nearest known one
  // @ts-expect-error `acumulate` 'acumulate' does not exist in type 'TrainerOptions'. Did you mean to write 'accumulate'?
  new Digits({ ...options, acumulate: 2 });
  void [BareOptimizer, ListedOptimizers, SharedOptimizers, BareStopper, MetricClass, misnamed, shifted, mistyped, returning];
}

async function uses(): Promise<void> {
  // a prediction is in host memory and no tensor
  // @ts-expect-error `dataSync` Property 'dataSync' does not exist on type 'HostPrediction'
  for await (const prediction of trainer.predict(train)) prediction.dataSync();
  // predictions are read with for await
  // @ts-expect-error `trainer` Type 'AsyncGenerator<HostPrediction, void, undefined>' must have a '[Symbol.iterator]()' method
  for (const prediction of trainer.predict(train)) void prediction;
  // predictAll must be awaited
  // @ts-expect-error `trainer` Property '0' does not exist on type 'Promise<HostPrediction[]>'
  void trainer.predictAll(train)[0];
  // steps are for the loop to call
  // @ts-expect-error `testStep` Property 'testStep' is protected and only accessible within class 'TrainerSteps<Batch>' and its subclasses
  trainer.testStep({} as DigitBatch, 0);
  // progress belongs to the loop
  // @ts-expect-error `step` Cannot assign to 'step' because it is a read-only property
  trainer.progress.step = 3;
  // a logged scalar is no text
  // @ts-expect-error `"good"` Argument of type 'string' is not assignable to parameter of type 'number | Tensor<Rank>'
  trainer.log("note", "good");
  // an alert has one of three levels
  // @ts-expect-error `"fatal"` Argument of type '"fatal"' is not assignable to parameter of type
  trainer.alert("title", "text", "fatal");
  const { loss } = await trainer.validate(train);
  // a value of a validation may be absent
  // @ts-expect-error `loss` 'loss' is possibly 'undefined'
  loss.toFixed(2);
  // weights are in host memory
  // @ts-expect-error `w` Type 'Scalar' is not assignable to type 'HostTensor<number, HostDType>'
  await trainer.setModelWeights({ w: scalar });
  // weights must be awaited
  // @ts-expect-error `weights` Type 'Promise<Readonly<Record<string, HostTensor<number, HostDType>>>>' is not assignable to type
  const weights: Weights = trainer.modelWeights();
  // an optimizer may be absent
  // @ts-expect-error `trainer.optimizer` 'trainer.optimizer' is possibly 'undefined'
  void trainer.optimizer.groups;
  // a stop has a reason
  // @ts-expect-error `stop` Expected 1 arguments, but got 0
  trainer.stop();
  // a trainer is released asynchronously
  // @ts-expect-error `trainer` Property '[Symbol.dispose]' is missing in type 'Digits' but required in type 'Disposable'
  using closed = trainer;
  // the step of evaluate is synchronous as well
  // @ts-expect-error `step` '"Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise."'
  await evaluate({ parameters: () => new Map() }, train, { step: async ({ labels }: DigitBatch) => ({ mean: labels.mean() }) });
  void [weights, closed];
}

class Hooks extends Digits {
  // what overrides a method says so
  // @ts-expect-error `onFitStart` This member must have an 'override' modifier because it overrides a member in the base class 'Digits'
  protected onFitStart(): void {}
  // a misspelt hook is refused with the nearest known one
  // @ts-expect-error `onTrainEpochEnds` it is not declared in the base class 'Digits'. Did you mean 'onTrainEpochEnd'?
  protected override onTrainEpochEnds(): void {}
  // a hook takes the batch type of its trainer
  // @ts-expect-error `onTrainBatchEnd` Type 'DigitBatch' is not assignable to type 'string'
  protected override onTrainBatchEnd(_outputs: BatchOutputs, _batch: string): void {}
  // a hook returns nothing
  // @ts-expect-error `onFitEnd` Type 'string' is not assignable to type 'Awaitable<void>'
  protected override onFitEnd(): string {
    return "end";
  }
  // state is plain data
  // @ts-expect-error `saveState` Type 'Date' is not assignable to type
  override saveState() {
    return Promise.resolve({ when: new Date() });
  }
  // numbers of computeMetrics are numbers
  // @ts-expect-error `computeMetrics` Property 'report' is incompatible with index signature. Type 'string' is not assignable to type 'number'
  protected override computeMetrics() {
    return { report: "text" };
  }
  // close is asynchronous
  // @ts-expect-error `close` Type 'void' is not assignable to type 'Promise<void>'
  override close(): void {}
}

// options of a class are a list of names
// @ts-expect-error `Named` Type 'string' is not assignable to type 'readonly string[]'
class Named extends Digits {
  static override readonly optionNames = "threshold";
}

void [steps, loaders, fits, parts, uses, Hooks, Named];
