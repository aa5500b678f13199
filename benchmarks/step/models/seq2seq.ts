import {
  crossAttention,
  dropout,
  layerNorm,
  linear,
  type LinearOptions,
  type PackedAttentionOptions,
  selfAttention,
  softmaxCrossEntropy,
} from "@snapfit/ops";
import * as tf from "@tensorflow/tfjs";
import type { Seq2SeqCase } from "../cases.js";
import { integers } from "../formula-values.js";
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

  const drop = <T extends tf.Tensor>(x: T): T => (rate === 0 ? x : (dropout(x, rate, ++seed) as T));
  const project = (x: tf.Tensor2D, name: string, options?: LinearOptions): tf.Tensor2D =>
    linear(x, weights.get(`${name}/kernel`), weights.get(`${name}/bias`), options) as tf.Tensor2D;
  const norm = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    layerNorm(x, weights.get(`${name}/gamma`), weights.get(`${name}/beta`)) as tf.Tensor2D;
  const addAndNorm = (x: tf.Tensor2D, change: tf.Tensor2D, name: string): tf.Tensor2D => norm(tf.add(x, drop(change)), name);

  const embed = (ids: tf.Tensor2D, positions: string): tf.Tensor2D =>
    drop(tf.add(tf.gather(weights.get("tokens"), ids), weights.get(positions))).reshape([-1, width]);

  const attentionOptions = (causal: boolean): PackedAttentionOptions => ({ causal, dropoutRate: rate, seed: rate === 0 ? 0 : ++seed });
  /** [batch * length, parts * width] as [batch, length, parts, heads, size of a head]. */
  const toHeads = (x: tf.Tensor2D, ...parts: number[]): tf.Tensor => x.reshape([batch, -1, ...parts, heads, width / heads]);
  const attendSelf = (x: tf.Tensor2D, causal: boolean, name: string): tf.Tensor2D => {
    const attended = selfAttention(toHeads(project(x, `${name}/queryKeyValue`), 3), attentionOptions(causal));
    return project(attended.reshape([-1, width]), `${name}/out`);
  };
  const attendMemory = (x: tf.Tensor2D, memory: tf.Tensor2D, name: string): tf.Tensor2D => {
    const query = toHeads(project(x, `${name}/query`));
    const attended = crossAttention(query, toHeads(project(memory, `${name}/keyValue`), 2), attentionOptions(false));
    return project(attended.reshape([-1, width]), `${name}/out`);
  };
  const feedForward = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    project(drop(project(x, `${name}/feed0`, { activation: "relu" })), `${name}/feed1`);

  const encode = (): tf.Tensor2D => {
    let x = embed(sourceIds, "sourcePositions");
    for (let index = 0; index < layers; index++) {
      const name = `encoder${index}`;
      x = addAndNorm(x, attendSelf(x, false, `${name}/self`), `${name}/norm0`);
      x = addAndNorm(x, feedForward(x, name), `${name}/norm1`);
    }
    return norm(x, "encoderNorm");
  };
  const decode = (memory: tf.Tensor2D): tf.Tensor2D => {
    let x = embed(targetIds, "targetPositions");
    for (let index = 0; index < layers; index++) {
      const name = `decoder${index}`;
      x = addAndNorm(x, attendSelf(x, true, `${name}/self`), `${name}/norm0`);
      x = addAndNorm(x, attendMemory(x, memory, `${name}/cross`), `${name}/norm1`);
      x = addAndNorm(x, feedForward(x, name), `${name}/norm2`);
    }
    return norm(x, "decoderNorm");
  };
  return {
    parameters: weights.all,
    loss: () => tf.mean(softmaxCrossEntropy(tf.matMul(decode(encode()), weights.get<tf.Rank.R2>("tokens"), false, true), labels)),
  };
}
