import { layerNorm, softmaxCrossEntropy } from "@snapfit/ops";
import * as tf from "@tensorflow/tfjs";
import type { Seq2SeqCase } from "../cases.js";
import { integers } from "../formula-values.js";
import { attention, dropout } from "../ops-stand-in.js";
import type { TrainedModel } from "../trained-model.js";
import { Seq2SeqParameters } from "./seq2seq-parameters.js";

/**
 * Encoder-decoder transformer as torch.nn.Transformer (norms after the additions, ReLU), with learned positions and one table for both inputs and the output.
 * Activations are [batch * length, width] everywhere but inside attention.
 */
export function seq2seq(settings: Seq2SeqCase): TrainedModel {
  const { batch, vocabulary, width, layers, heads, source, target, dropout: rate } = settings;
  const weights = new Seq2SeqParameters(settings);
  const sourceIds = integers(1001, [batch, source], vocabulary) as tf.Tensor2D;
  const targetIds = integers(1002, [batch, target], vocabulary) as tf.Tensor2D;
  const labels = tf.tidy(() => integers(1003, [batch, target], vocabulary).reshape([batch * target])) as tf.Tensor1D;
  let seed = 0;

  const drop = <T extends tf.Tensor>(x: T): T => (rate === 0 ? x : dropout(x, rate, ++seed));
  const linear = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    tf.fused.matMul({ a: x, b: weights.get(`${name}/kernel`), bias: weights.get(`${name}/bias`) }) as tf.Tensor2D;
  const norm = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    layerNorm(x, weights.get(`${name}/gamma`), weights.get(`${name}/beta`)) as tf.Tensor2D;
  const addAndNorm = (x: tf.Tensor2D, change: tf.Tensor2D, name: string): tf.Tensor2D => norm(tf.add(x, drop(change)), name);

  const embed = (ids: tf.Tensor2D, positions: string): tf.Tensor2D =>
    drop(tf.add(tf.gather(weights.get("tokens"), ids), weights.get(positions))).reshape([-1, width]);

  /** [batch * length, width] as [batch, heads, length, size of a head]. */
  const toHeads = (x: tf.Tensor2D): tf.Tensor4D => tf.transpose(x.reshape([batch, -1, heads, width / heads]), [0, 2, 1, 3]);
  /** The same for several projections that lie side by side, [batch * length, parts * width]. */
  const toParts = (x: tf.Tensor2D, parts: number): tf.Tensor4D[] =>
    tf.unstack(tf.transpose(x.reshape([batch, -1, parts, heads, width / heads]), [2, 0, 3, 1, 4])) as tf.Tensor[] as tf.Tensor4D[];

  const attend = (query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D, causal: boolean, name: string): tf.Tensor2D => {
    const attended = attention(query, key, value, { causal, dropoutRate: rate, seed: rate === 0 ? 0 : ++seed });
    return linear(tf.transpose(attended, [0, 2, 1, 3]).reshape([-1, width]), `${name}/out`);
  };
  const selfAttention = (x: tf.Tensor2D, causal: boolean, name: string): tf.Tensor2D => {
    const [query, key, value] = toParts(linear(x, `${name}/queryKeyValue`), 3);
    return attend(query!, key!, value!, causal, name);
  };
  const crossAttention = (x: tf.Tensor2D, memory: tf.Tensor2D, name: string): tf.Tensor2D => {
    const [key, value] = toParts(linear(memory, `${name}/keyValue`), 2);
    return attend(toHeads(linear(x, `${name}/query`)), key!, value!, false, name);
  };
  const feedForward = (x: tf.Tensor2D, name: string): tf.Tensor2D => linear(drop(tf.relu(linear(x, `${name}/feed0`))), `${name}/feed1`);

  const encode = (): tf.Tensor2D => {
    let x = embed(sourceIds, "sourcePositions");
    for (let index = 0; index < layers; index++) {
      const name = `encoder${index}`;
      x = addAndNorm(x, selfAttention(x, false, `${name}/self`), `${name}/norm0`);
      x = addAndNorm(x, feedForward(x, name), `${name}/norm1`);
    }
    return norm(x, "encoderNorm");
  };
  const decode = (memory: tf.Tensor2D): tf.Tensor2D => {
    let x = embed(targetIds, "targetPositions");
    for (let index = 0; index < layers; index++) {
      const name = `decoder${index}`;
      x = addAndNorm(x, selfAttention(x, true, `${name}/self`), `${name}/norm0`);
      x = addAndNorm(x, crossAttention(x, memory, `${name}/cross`), `${name}/norm1`);
      x = addAndNorm(x, feedForward(x, name), `${name}/norm2`);
    }
    return norm(x, "decoderNorm");
  };
  return {
    parameters: weights.all,
    loss: () => tf.mean(softmaxCrossEntropy(tf.matMul(decode(encode()), weights.get<tf.Rank.R2>("tokens"), false, true), labels)),
  };
}
