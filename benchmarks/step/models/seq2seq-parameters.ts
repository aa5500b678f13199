import * as tf from "@tensorflow/tfjs";
import type { Seq2SeqCase } from "../cases.js";

/** Variables of the encoder-decoder by path, in the order of torch/encoder_decoder.py. */
export class Seq2SeqParameters {
  readonly all: Map<string, tf.Variable> = new Map();

  constructor({ vocabulary, width, layers, feedForward, source, target }: Seq2SeqCase) {
    this.#uniform("tokens", [vocabulary, width], 0.02);
    this.#uniform("sourcePositions", [source, width], 0.02);
    this.#uniform("targetPositions", [target, width], 0.02);
    for (let index = 0; index < layers; index++) {
      const name = `encoder${index}`;
      this.#selfAttention(name, width);
      this.#feedForward(name, width, feedForward);
      this.#norm(`${name}/norm1`, width);
    }
    this.#norm("encoderNorm", width);
    for (let index = 0; index < layers; index++) {
      const name = `decoder${index}`;
      this.#selfAttention(name, width);
      this.#linear(`${name}/cross/query`, width, width);
      this.#linear(`${name}/cross/keyValue`, width, 2 * width);
      this.#linear(`${name}/cross/out`, width, width);
      this.#norm(`${name}/norm1`, width);
      this.#feedForward(name, width, feedForward);
      this.#norm(`${name}/norm2`, width);
    }
    this.#norm("decoderNorm", width);
  }

  get<R extends tf.Rank = tf.Rank>(path: string): tf.Tensor<R> {
    const found = this.all.get(path);
    if (found === undefined) throw new Error(`There is no parameter "${path}".`);
    return found as tf.Tensor as tf.Tensor<R>;
  }

  #selfAttention(name: string, width: number): void {
    this.#linear(`${name}/self/queryKeyValue`, width, 3 * width);
    this.#linear(`${name}/self/out`, width, width);
    this.#norm(`${name}/norm0`, width);
  }

  #feedForward(name: string, width: number, inner: number): void {
    this.#linear(`${name}/feed0`, width, inner);
    this.#linear(`${name}/feed1`, inner, width);
  }

  #linear(name: string, inputs: number, outputs: number): void {
    this.#uniform(`${name}/kernel`, [inputs, outputs], 1 / Math.sqrt(inputs));
    this.#add(`${name}/bias`, () => tf.zeros([outputs]));
  }

  #norm(name: string, width: number): void {
    this.#add(`${name}/gamma`, () => tf.ones([width]));
    this.#add(`${name}/beta`, () => tf.zeros([width]));
  }

  #uniform(path: string, shape: number[], limit: number): void {
    this.#add(path, () => tf.randomUniform(shape, -limit, limit));
  }

  #add(path: string, start: () => tf.Tensor): void {
    this.all.set(
      path,
      tf.tidy(() => tf.variable(start())),
    );
  }
}
