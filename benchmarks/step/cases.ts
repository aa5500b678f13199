interface Common {
  readonly batch: number;
  readonly optimizer:
    | { readonly name: "adam"; readonly learningRate: number }
    | { readonly name: "sgd"; readonly learningRate: number; readonly momentum: number };
}

/** Dense layers with ReLU between them. */
export interface MlpCase extends Common {
  readonly model: "mlp";
  readonly widths: readonly number[];
}

/** Two valid 3 x 3 convolutions, max pool 2, two dense layers, on square images of one channel. */
export interface CnnCase extends Common {
  readonly model: "cnn";
  readonly side: number;
  readonly channels: readonly [number, number];
  readonly hidden: number;
  readonly classes: number;
}

/** `width` is the number of channels of the first stage. */
export interface ResNet18Case extends Common {
  readonly model: "resnet18";
  readonly side: number;
  readonly width: number;
  readonly classes: number;
}

/** `source` and `target` are lengths in tokens. */
export interface Seq2SeqCase extends Common {
  readonly model: "seq2seq";
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly source: number;
  readonly target: number;
  readonly dropout: number;
}

/** One layer over sequences, the last output classified. */
export interface LstmCase extends Common {
  readonly model: "lstm";
  readonly inputs: number;
  readonly units: number;
  readonly steps: number;
  readonly classes: number;
}

/** What is trained, in numbers that mean the same to torch/models.py. */
export type StepCase = MlpCase | CnnCase | ResNet18Case | Seq2SeqCase | LstmCase;

const adam = { name: "adam", learningRate: 1e-3 } as const;
const widths = [784, 512, 512, 10];
const seq2seq = {
  model: "seq2seq",
  batch: 8,
  vocabulary: 4000,
  width: 128,
  layers: 3,
  heads: 4,
  feedForward: 512,
  source: 128,
  target: 32,
  optimizer: adam,
} as const;

/** The cases of the benchmark by name. */
export const cases: Readonly<Record<string, StepCase>> = {
  "mlp-64": { model: "mlp", batch: 64, widths, optimizer: adam },
  "mlp-1024": { model: "mlp", batch: 1024, widths, optimizer: adam },
  "cnn-64": { model: "cnn", batch: 64, side: 28, channels: [32, 64], hidden: 128, classes: 10, optimizer: adam },
  "resnet18-32": {
    model: "resnet18",
    batch: 32,
    side: 32,
    width: 64,
    classes: 10,
    optimizer: { name: "sgd", learningRate: 0.01, momentum: 0.9 },
  },
  "seq2seq-8": { ...seq2seq, dropout: 0 },
  "seq2seq-8-dropout": { ...seq2seq, dropout: 0.1 },
  "lstm-32": { model: "lstm", batch: 32, inputs: 64, units: 256, steps: 50, classes: 10, optimizer: adam },
};
