import { isHostTensor } from "@snapfit/base";
import type { AnyAddOn } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import { overridesOf, prototypesOf, wrapMethod, type ContractClass, type Method } from "./contract-class.js";

/** Methods that see tensors of the loop. `accumulateGradients` is not among them: it takes its gradients over. */
const watched = [
  "transferBatch",
  "transformBatch",
  "computeLoss",
  "computeOutputs",
  "scaleLoss",
  "reduceGradients",
  "unscaleGradients",
  "clipGradients",
  "applyGradients",
  "onTrainBatchStart",
  "onTrainBatchEnd",
  "onValidationBatchStart",
  "onValidationBatchEnd",
];
/** Those that return gradients. */
const gradientTransforms = ["reduceGradients", "unscaleGradients", "clipGradients"];

/** Watches what an add-on does to tensors that belong to the loop. */
export class Ownership {
  readonly #faults = new Set<string>();
  /** Tensors of the running batch. */
  #batch: readonly tf.Tensor[] = [];
  readonly #variables: () => readonly tf.Tensor[];

  /** Patches the class, which must have been made for this. @param variables of the model */
  constructor({ Class }: ContractClass, addOn: AnyAddOn, variables: () => readonly tf.Tensor[]) {
    this.#variables = variables;
    const { own } = prototypesOf(Class, addOn);
    const overrides = overridesOf(Class, addOn);
    wrapMethod(Class.prototype as object, "onTrainBatchStart", (original) => this.#rememberBatch(original));
    for (const name of watched.filter((each) => overrides.includes(each))) {
      wrapMethod(
        own.find((prototype) => Object.hasOwn(prototype, name))!,
        name,
        (original) => this.#watch(name, original),
      );
    }
  }

  faults(): string[] {
    return [...this.#faults];
  }

  #rememberBatch(original: Method): Method {
    const remember = (batch: unknown): void => {
      this.#batch = tensorsIn(batch).map(([, tensor]) => tensor);
    };
    return function (...args) {
      remember(args[0]);
      return original.apply(this, args);
    };
  }

  #watch(name: string, original: Method): Method {
    const judge = (args: readonly unknown[], result: unknown): void => this.#judge(name, args, result);
    return function (...args) {
      const before = args.flatMap((arg) => tensorsIn(arg));
      const result = original.apply(this, args);
      if (typeof (result as Promise<unknown> | undefined)?.then !== "function") {
        judge(before, result);
        return result;
      }
      return (result as Promise<unknown>).then((value) => {
        judge(before, value);
        return value;
      });
    };
  }

  #judge(name: string, before: readonly unknown[], result: unknown): void {
    const given = before as NamedTensor[];
    const gone = given.find(([, tensor]) => tensor.isDisposed);
    if (gone)
      this.#faults.add(`disposes "${gone[0]}" in ${name}: it belongs to the loop, which disposes what it handed out and did not get back.`);
    const returned = tensorsIn(result);
    const dead = returned.find(([, tensor]) => tensor.isDisposed);
    if (dead)
      this.#faults.add(
        `returns "${dead[0]}" from ${name} after it was disposed. Make a tensor of its own, and leave its disposal to the loop.`,
      );
    if (!gradientTransforms.includes(name) || !(result instanceof Map)) return;
    const lost = given.find(([path]) => !result.has(path));
    if (lost) this.#faults.add(`returns no gradient of "${lost[0]}" from ${name}. A transform returns one for each name that it got.`);
    const foreign = [...this.#batch, ...this.#variables()];
    const taken = returned.find(([, tensor]) => foreign.includes(tensor));
    if (taken)
      this.#faults.add(
        `returns a tensor of the batch or of the model as the gradient of "${taken[0]}" from ${name}: the loop would dispose it. Return a clone.`,
      );
    const twice = returned.find(([path, tensor]) => returned.some(([other, same]) => same === tensor && other !== path));
    if (twice)
      this.#faults.add(`returns one tensor for several gradients from ${name}, "${twice[0]}" among them. Return a clone for each.`);
  }
}

type NamedTensor = readonly [name: string, tensor: tf.Tensor];

/** Tensors in a batch, a step's result or a map of gradients, with their names. */
function tensorsIn(value: unknown, name = ""): NamedTensor[] {
  if (value instanceof tf.Tensor) return [[name, value]];
  if (typeof value !== "object" || value === null || isHostTensor(value) || ArrayBuffer.isView(value)) return [];
  const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
  return entries.flatMap(([key, item]) => tensorsIn(item, value instanceof Map || name === "" ? key : `${name}.${key}`));
}
