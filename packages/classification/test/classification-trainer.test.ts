import { hostTensor, inProcessGroups, type HostTensor } from "@snapfit/base";
import { defineAddOn, EarlyStopper, type AddOnBase, type Adds, type LogRecord, type Metrics, type ParameterSource } from "@snapfit/core";
import { arrays, collate, loader } from "@snapfit/data";
import { cutMix, mixUp } from "@snapfit/data/images";
import { auroc } from "@snapfit/metrics";
import { constant, sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { ClassificationTrainer, type ClassificationBatch, type ClassificationOptions } from "../src/index.js";

const common = { device: "cpu", quiet: true, signals: false, seed: 1 } as const;

/** Logits are the images times `weight`: with the identity the largest pixel is the answer. */
function identity(size: number): ParameterSource {
  const weight = tf.tidy(() => tf.variable(tf.eye(size)));
  return { parameters: () => new Map([["weight", weight]]), forward: (x) => tf.matMul(x as tf.Tensor2D, weight as unknown as tf.Tensor2D) };
}

const batchOf = (rows: number[][], labels: number[]) => ({
  image: hostTensor(Float32Array.from(rows.flat()), [rows.length, rows[0]!.length]),
  label: hostTensor(Int32Array.from(labels), [labels.length]),
});
// Answers are 0, 1, 2, 0; labels 0, 1, 1, 2.
const fourSamples = batchOf(
  [
    [2, 0, 0],
    [0, 2, 0],
    [0, 0, 2],
    [2, 0, 0],
  ],
  [0, 1, 1, 2],
);

const made: ClassificationTrainer[] = [];
function trainerOf(
  options: Partial<ClassificationOptions> = {},
  Class: new (options: ClassificationOptions) => ClassificationTrainer = ClassificationTrainer,
): ClassificationTrainer {
  const trainer = new Class({ model: () => identity(3), numClasses: 3, ...common, ...options });
  made.push(trainer);
  return trainer;
}
afterEach(async () => {
  for (const trainer of made.splice(0)) await trainer.close();
});

describe("ClassificationTrainer by default", () => {
  it("is what the seeds describe: Adam at 0.001, times 0.1 after every 10 epochs, stopped by acc with patience 10 or at 0.99", async () => {
    const rates: number[] = [];
    const trainer = trainerOf({ callbacks: [{ onTrainEpochStart: (t) => void rates.push(t.learningRates["default"]!) }] });
    await trainer.fit({ train: [fourSamples], epochs: 21 });
    expect(trainer.optimizer!.name).toBe("adam");
    expect(rates[0]).toBe(0.001);
    expect(rates[9]).toBe(0.001);
    expect(rates[10]).toBeCloseTo(0.0001, 12);
    expect(rates[20]).toBeCloseTo(0.00001, 12);
    const stopper = trainer.validEarlyStopper!;
    expect([stopper.monitor, stopper.mode]).toEqual(["acc", "max"]);
    expect(stopper.update(0.98)).toBeUndefined();
    for (let i = 0; i < 9; i++) expect(stopper.update(0.98)).toBeUndefined();
    expect(stopper.update(0.98)).toContain("for 10 checks");
    expect(new EarlyStopper({ monitor: "acc", targetValue: 0.99 }).update(0.99)).toBe(stopper.update(0.99));
    expect(trainer.trainEarlyStopper).toBeUndefined();
  });

  it("gives loss and acc of the batch as computed by hand, in training and in validation", async () => {
    const trainer = trainerOf({ optimizer: sgd({ learningRate: 0 }) });
    await trainer.fit({ train: [fourSamples], validation: [fourSamples], epochs: 1 });
    // Two right answers with p = e^2 / (e^2 + 2), two wrong ones with p = 1 / (e^2 + 2).
    const all = Math.log(Math.exp(2) + 2);
    const loss = (2 * (all - 2) + 2 * all) / 4;
    for (const values of [trainer.history.train, trainer.history.valid]) {
      expect(Object.keys(values)).toEqual(["loss", "acc"]);
      expect(values["loss"]![0]).toBeCloseTo(loss, 6);
      expect(values["acc"]).toEqual([0.5]);
    }
  });

  it("weighs batches of different sizes", async () => {
    const trainer = trainerOf();
    const { acc } = await trainer.validate([fourSamples, batchOf([[2, 0, 0]], [0])]);
    expect(acc).toBe(3 / 5);
  });

  it("counts the confusion matrix at the end of a validation and of a test", async () => {
    const trainer = trainerOf({ classNames: ["cat", "dog", "owl"] });
    expect(trainer.confusion).toBeUndefined();
    expect(trainer.classResults).toEqual([]);
    expect(trainer.worstMistakes()).toEqual([]);
    await trainer.validate([fourSamples]);
    expect([...trainer.confusion!.counts]).toEqual([1, 0, 0, 0, 1, 1, 1, 0, 0]);
    expect(trainer.classResults).toEqual([
      { name: "cat", samples: 1, accuracy: 1, mostlyTakenFor: undefined },
      { name: "dog", samples: 2, accuracy: 0.5, mostlyTakenFor: "owl" },
      { name: "owl", samples: 1, accuracy: 0, mostlyTakenFor: "cat" },
    ]);
    expect(trainer.worstMistakes(1)).toEqual([{ label: "dog", prediction: "owl", count: 1 }]);
    expect(trainer.classTable()).toBe(
      [
        "class  samples  accuracy  mostly taken for",
        "-----  -------  --------  ----------------",
        "cat          1  1.000",
        "dog          2  0.500     owl",
        "owl          1  0.000     cat",
      ].join("\n"),
    );
    await trainer.test([batchOf([[0, 0, 1]], [2])]);
    expect([...trainer.confusion!.counts]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("predicts the probability of each class, without labels too", async () => {
    const trainer = trainerOf();
    const [prediction] = await trainer.predictAll([{ image: hostTensor(Float32Array.of(0, Math.log(2), 0), [1, 3]) }]);
    const { data, shape } = prediction as HostTensor;
    expect(shape).toEqual([1, 3]);
    [0.25, 0.5, 0.25].forEach((p, i) => expect(data[i]).toBeCloseTo(p, 6));
  });

  it("learns what can be learned", async () => {
    const trainer = new ClassificationTrainer({
      ...common,
      model: () => tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [1] })] }),
      numClasses: 2,
      optimizer: sgd({ learningRate: 1 }),
    });
    made.push(trainer);
    const batch = batchOf([[-2], [-1], [1], [2]], [1, 1, 0, 0]);
    const { reason } = await trainer.fit({ train: [batch], validation: [batch], epochs: 50 });
    expect(trainer.history.valid["acc"]!.at(-1)).toBe(1);
    expect(reason).toContain("acc 1 reached the target 0.9900");
  });

  it("leaves no tensor behind", async () => {
    const trainer = trainerOf();
    const run = async (): Promise<void> => {
      await trainer.fit({ train: [fourSamples], validation: [fourSamples], epochs: 2 });
      await trainer.test([fourSamples]);
      await trainer.predictAll([fourSamples]);
    };
    await run();
    const before = tf.memory().numTensors;
    await run();
    await expect(trainer.validate([batchOf([[1, 0, 0]], [7])])).rejects.toThrow();
    // The best state is plain data: it needs no tensor.
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("images", () => {
  class Recorder extends ClassificationTrainer {
    seen: tf.Tensor | undefined;
    protected override validationStep(batch: ClassificationBatch, index: number) {
      this.seen = tf.keep(batch.image.clone());
      return super.validationStep(batch, index);
    }
  }
  const bytes = { image: hostTensor(Uint8Array.of(0, 51, 255), [1, 3]), label: hostTensor(Uint8Array.of(2), [1]) };

  it("of bytes are scaled to 0..1, also where the loader yields int32 tensors; floats stay as they are", async () => {
    const trainer = trainerOf({}, Recorder) as Recorder;
    await trainer.validate([bytes]);
    const scaled = [...(await trainer.seen!.data())];
    [0, 0.2, 1].forEach((value, i) => expect(scaled[i]).toBeCloseTo(value, 6));
    const tensors = { image: tf.tensor2d([[0, 255, 0]], [1, 3], "int32"), label: tf.tensor2d([[1]], [1, 1], "int32") };
    expect((await trainer.validate([tensors]))["acc"]).toBe(1);
    expect([...(await trainer.seen!.data())]).toEqual([0, 1, 0]);
    expect(tensors.image.isDisposed).toBe(false);
    await trainer.validate([fourSamples]);
    expect([...(await trainer.seen!.data())].slice(0, 3)).toEqual([2, 0, 0]);
  });

  it("are normalised by an override, before they are augmented", async () => {
    const augmented: number[][] = [];
    class Centred extends ClassificationTrainer {
      protected override normalize(images: tf.Tensor): tf.Tensor {
        return super.normalize(images).sub(0.5);
      }
      protected override transformBatch(batch: unknown): unknown {
        augmented.push([...(batch as ClassificationBatch).image.dataSync()]);
        return super.transformBatch(batch);
      }
    }
    const trainer = trainerOf({}, Centred);
    const numTensors = tf.memory().numTensors;
    await trainer.fit({ train: [bytes], epochs: 1 });
    [-0.5, -0.3, 0.5].forEach((value, i) => expect(augmented[0]![i]).toBeCloseTo(value, 6));
    expect(tf.memory().numTensors - numTensors).toBe(1); // the model's variable
  });
});

describe("options", () => {
  it("of the user win: optimizer, schedule, loss and keys", async () => {
    const trainer = new ClassificationTrainer<{ pixels: tf.Tensor; digit: tf.Tensor }>({
      ...common,
      model: () => identity(3),
      numClasses: 3,
      imageKey: "pixels",
      labelKey: "digit",
      optimizer: sgd({ learningRate: 0.5 }),
      loss: (logits) => logits.sum().mul(0),
    });
    made.push(trainer as unknown as ClassificationTrainer);
    await trainer.fit({ train: [{ pixels: fourSamples.image, digit: fourSamples.label }], epochs: 11 });
    expect(trainer.optimizer!.name).toBe("sgd");
    expect(trainer.learningRates).toEqual({ default: 0.5 }); // no schedule that nobody asked for
    expect(trainer.history.train["loss"]![0]).toBe(0);
  });

  it("a schedule goes with the default optimizer", async () => {
    const trainer = trainerOf({ schedule: constant() });
    await trainer.fit({ train: [fourSamples], epochs: 11 });
    expect(trainer.optimizer!.name).toBe("adam");
    expect(trainer.learningRates).toEqual({ default: 0.001 });
  });

  it.each<[Partial<Record<keyof ClassificationOptions, unknown>>, string]>([
    [{ numClasses: undefined }, "Option numClasses is undefined. It takes a whole number of at least 2."],
    [{ numClasses: 1 }, "Option numClasses is 1."],
    [{ numClasses: 2.5 }, "Option numClasses is 2.5."],
    [{ classNames: ["a", "b"] }, 'Option classNames is ["a", "b"]. It takes 3 different names, one for each class.'],
    [{ classNames: ["a", "b", "b"] }, 'Option classNames is ["a", "b", "b"].'],
    [{ imageKey: "" }, 'Option imageKey is "".'],
    [{ labelKey: 3 }, "Option labelKey is 3."],
  ])("are checked by the constructor: %j", (options, message) => {
    expect(() => trainerOf(options as Partial<ClassificationOptions>)).toThrow(message);
    expect(() => trainerOf(options as Partial<ClassificationOptions>)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });

  it("unknown ones are named, and a missing model first of all", () => {
    expect(() => trainerOf({ numClases: 3 } as never)).toThrow('Did you mean "numClasses"?');
    expect(() => new ClassificationTrainer({ numClasses: 3 } as never)).toThrow("Model must be provided");
    expect(() => new ClassificationTrainer(undefined as never)).toThrow("Model must be provided");
  });
});

describe("labels that are probabilities", () => {
  // Answers are 0 and 1 with p = e^2 / (e^2 + 2); the most probable labels are 0 and 2.
  const image = hostTensor(Float32Array.of(2, 0, 0, 0, 2, 0), [2, 3]);
  const mixed = { image, label: hostTensor(Float32Array.of(0.75, 0.25, 0, 0, 0.25, 0.75), [2, 3]) };
  const loss = Math.log(Math.exp(2) + 2) - (2 * (0.75 + 0.25)) / 2;

  it("train and validate; acc and the confusion matrix count the most probable class", async () => {
    const trainer = trainerOf({ optimizer: sgd({ learningRate: 0 }) });
    await trainer.fit({ train: [mixed], validation: [mixed], epochs: 1 });
    for (const values of [trainer.history.train, trainer.history.valid]) {
      expect(values["loss"]![0]).toBeCloseTo(loss, 6);
      expect(values["acc"]).toEqual([0.5]);
    }
    expect([...trainer.confusion!.counts]).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0]);
  });

  it("may be one-hot integers, and then give what class indices give", async () => {
    const oneHot = { image, label: hostTensor(Uint8Array.of(1, 0, 0, 0, 0, 1), [2, 3]) };
    const indices = { image, label: hostTensor(Uint8Array.of(0, 2), [2]) };
    const values = await Promise.all([oneHot, indices].map((batch) => trainerOf().validate([batch])));
    expect(values[0]!["loss"]).toBeCloseTo(values[1]!["loss"]!, 6);
    expect(values[0]!["acc"]).toBe(values[1]!["acc"]);
  });

  it.each(["mixUp", "cutMix"] as const)("come from %s in a loader, by which a model learns; no tensor stays behind", async (name) => {
    // Pixels of the first half are bright in class 0, those of the second in class 1.
    const label = Uint8Array.from({ length: 64 }, (_, i) => (i * 7) % 2);
    const pixels = Float32Array.from({ length: 64 * 16 }, (_, i) => (Number(i % 16 >= 8) === label[i >> 4] ? 1 : 0.2));
    const set = arrays({ image: hostTensor(pixels, [64, 4, 4, 1]), label });
    const mix = { mixUp, cutMix }[name]({ numClasses: 2, alpha: 0.4 });
    const train = loader(set, { batchSize: 16, shuffle: true, collate: (samples, context) => mix(collate(samples), context) });
    const trainer = trainerOf({
      model: () => tf.sequential({ layers: [tf.layers.flatten({ inputShape: [4, 4, 1] }), tf.layers.dense({ units: 2 })] }),
      numClasses: 2,
      optimizer: sgd({ learningRate: 0.5 }),
    });
    await trainer.fit({ train, validation: loader(set, { batchSize: 64 }), epochs: 1 });
    const before = tf.memory().numTensors;
    await trainer.fit({ train, validation: loader(set, { batchSize: 64 }), epochs: 9 });
    expect(trainer.history.valid["acc"]!.at(-1)).toBe(1);
    expect(trainer.history.train["loss"]!.at(-1)).toBeGreaterThan(trainer.history.valid["loss"]!.at(-1)!);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("errors name", () => {
  it.each<["array" | "tensor", number[], number[], string, string]>([
    [
      "array",
      [2, 2],
      [1, 0, 0, 1],
      "LABEL_SHAPE",
      '"label" is [2, 2]. Labels of 3 classes are class indices [batch] or probabilities [batch, 3].',
    ],
    ["tensor", [2, 4], [1, 0, 0, 0, 0, 1, 0, 0], "LABEL_SHAPE", '"label" is [2, 4]. Labels of 3 classes are'],
    ["tensor", [2, 1, 3], [1, 0, 0, 0, 1, 0], "LABEL_SHAPE", '"label" is [2, 1, 3]. Labels of 3 classes are'],
    [
      "array",
      [2, 3],
      [1, 0, 0, 0, 1, 1],
      "LABEL_RANGE",
      '"label" of sample 1 of the batch is [0, 1, 1]. The probabilities of the classes are at least 0 and sum to 1.',
    ],
    ["tensor", [2, 3], [1.5, -0.5, 0, 1, 0, 0], "LABEL_RANGE", '"label" of sample 0 of the batch is [1.5, -0.5, 0].'],
    ["array", [2, 3], [1, 0, 0, NaN, 1, 0], "LABEL_RANGE", '"label" of sample 1 of the batch is [NaN, 1, 0].'],
  ])("labels in an %s of shape %j with %j", async (kind, shape, values, code, message) => {
    const label = kind === "array" ? hostTensor(Float32Array.from(values), shape) : tf.tensor(values, shape);
    const batch = { image: hostTensor(new Float32Array(6), [2, 3]), label };
    await expect(trainerOf().validate([batch])).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
    await expect(trainerOf().fit({ train: [batch], epochs: 1 })).rejects.toThrow(expect.objectContaining({ code }));
  });

  it.each<[string, number[] | Int32Array]>([
    ["array", [0, 3]],
    ["tensor", Int32Array.of(0, 3)],
  ])("a label that is no class, in an %s", async (kind, labels) => {
    const label = kind === "array" ? hostTensor(Int32Array.from(labels), [2]) : tf.tensor1d([...labels], "int32");
    const batch = { image: hostTensor(new Float32Array(6), [2, 3]), label };
    const error = expect.objectContaining({
      code: "LABEL_RANGE",
      message:
        '"label" of sample 1 of the batch is 3. Labels are class indices, whole numbers from 0 to 2. Check the labels, or numClasses.',
    });
    await expect(trainerOf().fit({ train: [batch], epochs: 1 })).rejects.toThrow(error);
    await expect(trainerOf().validate([batch])).rejects.toThrow(error);
  });

  it("logits of another length than numClasses", async () => {
    await expect(trainerOf({ model: () => identity(4) }).validate([batchOf([[1, 0, 0, 0]], [0])])).rejects.toThrow(
      "The model answered [1, 4]. A classifier of 3 classes answers logits [batch, 3].",
    );
  });

  it("a part that the batch does not have, and those that it has", async () => {
    const { image, label } = fourSamples;
    await expect(trainerOf().validate([{ images: image, labels: label } as never])).rejects.toThrow(
      'The batch has no array "label"; it has images, labels. Name the part with the option labelKey',
    );
    await expect(trainerOf().predictAll([{ images: image } as never])).rejects.toThrow("imageKey");
    await expect(trainerOf().predictAll([{} as never])).rejects.toThrow(expect.objectContaining({ code: "BATCH_SIZE" }));
  });
});

describe("overrides", () => {
  it("add metrics, which find the outputs scores and labels", async () => {
    class WithAuroc extends ClassificationTrainer {
      protected override async configureMetrics(): Promise<{ valid: Metrics }> {
        return { valid: { ...(await super.configureMetrics()).valid, auroc: auroc() } };
      }
    }
    const trainer = trainerOf({}, WithAuroc);
    const values = await trainer.validate([
      batchOf(
        [
          [2, 0, 0],
          [0, 2, 0],
          [0, 0, 2],
        ],
        [0, 1, 2],
      ),
    ]);
    expect(values["auroc"]).toBe(1);
    expect(trainer.confusion).toBeDefined();
  });

  it("may leave the confusion matrix out", async () => {
    class Without extends ClassificationTrainer {
      protected override configureMetrics(): Record<string, never> {
        return {};
      }
    }
    const trainer = trainerOf({}, Without);
    expect(Object.keys(await trainer.validate([fourSamples]))).toEqual(["loss", "acc"]);
    expect(trainer.confusion).toBeUndefined();
  });
});

describe("records", () => {
  it("hold the classes and the confusion matrix as tables, after a validation and after a test", async () => {
    const records: LogRecord[] = [];
    const Recorder = defineAddOn({
      name: "Recorder",
      optionNames: [],
      apply(Base: AddOnBase): Adds {
        abstract class WithSink extends Base {
          protected override async setup(): Promise<void> {
            await super.setup();
            this.addLogSink({ name: "recorder", write: (record) => void records.push(record) });
          }
        }
        return WithSink;
      },
    });
    const Recorded = ClassificationTrainer.addOn(Recorder);
    await using trainer = new Recorded({ ...common, model: () => identity(3), numClasses: 3, classNames: ["cat", "dog", "owl"] });
    await trainer.validate([fourSamples]);
    await trainer.test([fourSamples]);
    const tables = records.filter((record) => record.kind === "table");
    expect(tables.map(({ key }) => key)).toEqual(["valid/classes", "valid/confusion", "test/classes", "test/confusion"]);
    expect(tables[0]).toMatchObject({
      columns: ["class", "samples", "accuracy", "mostly taken for"],
      rows: [
        ["cat", 1, 1, null],
        ["dog", 2, 0.5, "owl"],
        ["owl", 1, 0, "cat"],
      ],
    });
    expect(tables[1]).toMatchObject({
      columns: ["label", "cat", "dog", "owl"],
      rows: [
        ["cat", 1, 0, 0],
        ["dog", 0, 1, 1],
        ["owl", 1, 0, 0],
      ],
    });
    expect(trainer.worstMistakes(1)[0]!.label).toBe("dog");
  });
});

it("counts over all ranks", async () => {
  const parts = [
    batchOf(
      [
        [2, 0, 0],
        [0, 2, 0],
      ],
      [0, 1],
    ),
    batchOf(
      [
        [0, 0, 2],
        [2, 0, 0],
      ],
      [1, 2],
    ),
  ];
  const trainers = inProcessGroups(2).map((processGroup) => trainerOf({ processGroup }));
  const values = await Promise.all(trainers.map((trainer, rank) => trainer.validate([parts[rank]!])));
  expect(values.map(({ acc }) => acc)).toEqual([0.5, 0.5]);
  for (const trainer of trainers) expect([...trainer.confusion!.counts]).toEqual([1, 0, 0, 0, 1, 1, 1, 0, 0]);
});

it("accepts loaders of the right batches only", () => {
  type Trained = Parameters<ClassificationTrainer["fit"]>[0]["train"];
  expectTypeOf([fourSamples]).toExtend<Trained>();
  expectTypeOf([{ images: fourSamples.image, labels: fourSamples.label }]).not.toExtend<Trained>();
  type Predicted = Parameters<ClassificationTrainer["predict"]>[0];
  expectTypeOf([{ image: fourSamples.image }]).toExtend<Predicted>();
  expectTypeOf([fourSamples]).toExtend<Predicted>();
  expectTypeOf([{ image: "cat.png" }]).not.toExtend<Predicted>();
});
