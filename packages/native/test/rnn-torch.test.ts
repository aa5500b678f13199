import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import fixture from "./fixtures/rnn/lstm.json" with { type: "json" };

describe("LSTM on the native engine beside PyTorch", () => {
  interface Numbers {
    readonly shape: number[];
    readonly values: number[];
  }
  const tensorOf = ({ shape, values: numbers }: Numbers): tf.Tensor => tf.tensor(numbers, shape);

  it("has its results and gradients", async () => {
    await tf.setBackend("native");
    const { inputs, weights, readOut, results, inputGradients, weightGradients } = fixture;
    const [x, hidden, cell] = [tensorOf(inputs.x), tensorOf(inputs.hidden), tensorOf(inputs.cell)];
    const layer = tf.layers.lstm({ units: 6, recurrentActivation: "sigmoid", returnSequences: true, returnState: true });
    layer.build(x.shape);
    layer.setWeights(weights.map(tensorOf));
    const call = (input: tf.Tensor, ...initialState: tf.Tensor[]): tf.Tensor[] => layer.call(input, { initialState }) as tf.Tensor[];
    const readOuts = [readOut.sequence, readOut.hidden, readOut.cell].map(tensorOf);
    const loss = (input: tf.Tensor, ...states: tf.Tensor[]): tf.Scalar =>
      tf.addN(call(input, ...states).map((output, i) => tf.sum(tf.mul(output, readOuts[i]!)))) as tf.Scalar;
    const ofInputs = tf.grads(loss)([x, hidden, cell]);
    const { grads } = tf.variableGrads(() => loss(x, hidden, cell));
    const actual = [...call(x, hidden, cell), ...ofInputs, ...Object.values(grads)];
    const expected = [
      results.sequence,
      results.hidden,
      results.cell,
      inputGradients.x,
      inputGradients.hidden,
      inputGradients.cell,
      ...weightGradients,
    ];
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    actual.forEach((tensor, i) => tensor.dataSync().forEach((value, j) => expect(value).toBeCloseTo(expected[i]!.values[j]!, 5)));
  });
});
