import { SnapfitError, type HostTensor } from "@snapfit/base";
import { fromHostTensor, toHostTensor, type FromTensorOptions } from "./host-tensors.js";
import type { SafetensorsTensor } from "./parse-safetensors.js";
import { quoted, safetensorsError } from "./safetensors-error.js";

/** Where a layer looks for its weights. What it does not find, or finds with fewer dimensions, becomes part of one error. */
export interface TensorSource {
  get(name: string, minDimensions: number): HostTensor | undefined;
  /** The same for a weight that may be left out. */
  find(name: string, minDimensions: number): HostTensor | undefined;
}

/** How the weights of one module of PyTorch become those of one layer or several, and back. */
export interface PyTorchLayer {
  /** Of tensors by their name in the module, weights by their whole name. */
  fromPyTorch(module: TensorSource): [string, HostTensor][];
  /** Of weights by their whole name, tensors by their name in the module. */
  toPyTorch(weights: TensorSource): [string, HostTensor][];
}

/** Converts between PyTorch's state dict and weights by structural path. */
export interface PyTorchMapping {
  /**
   * Weights for `trainer.setModelWeights()`, new and in host memory.
   * @throws SnapfitError `MAPPING_MISMATCH` that names all tensors that lack, are left over, or do not fit; `VALUE_RANGE`, `DTYPE_UNSUPPORTED`.
   */
  fromPyTorch(stateDict: ReadonlyMap<string, SafetensorsTensor>): Record<string, HostTensor>;
  /**
   * Tensors of a state dict, for `writeSafetensors` or `encodeSafetensors`.
   * @throws SnapfitError `MAPPING_MISMATCH`, `VALUE_RANGE`.
   */
  toPyTorch(weights: Readonly<Record<string, HostTensor>>, options?: FromTensorOptions): Map<string, SafetensorsTensor>;
}

/**
 * A mapping from an explicit table: names of PyTorch's modules, as in `model.named_modules()`, and the layer that each becomes.
 * @example
 * import { hostTensor } from "@snapfit/base";
 * import { linear, pytorchMapping } from "@snapfit/safetensors";
 *
 * const mapping = pytorchMapping({ fc1: linear("layers.0"), fc2: linear("layers.1") });
 * const stateDict = mapping.toPyTorch({ "layers.0.kernel": hostTensor(new Float32Array(6), [2, 3]), "layers.1.kernel": hostTensor(new Float32Array(3), [3, 1]) });
 * console.log(stateDict.get("fc1.weight")?.shape); // [ 3, 2 ]
 */
export function pytorchMapping(modules: Readonly<Record<string, PyTorchLayer>>): PyTorchMapping {
  return {
    fromPyTorch(stateDict) {
      const mismatch = new Mismatch();
      const weights: Record<string, HostTensor> = {};
      for (const [module, layer] of Object.entries(modules)) {
        const source = mismatch.source((name) => {
          const full = prefixed(module, name);
          const tensor = stateDict.get(full);
          return [full, tensor && toHostTensor(tensor, full)];
        });
        for (const [path, weight] of mismatch.attempt(module, () => layer.fromPyTorch(source))) {
          if (Object.hasOwn(weights, path)) mismatch.different.push(`${path} is made of two modules`);
          weights[path] = weight;
        }
      }
      mismatch.check("The state dict", stateDict.keys());
      return weights;
    },
    toPyTorch(weights, options) {
      const mismatch = new Mismatch();
      const stateDict = new Map<string, SafetensorsTensor>();
      const source = mismatch.source((name) => [name, Object.hasOwn(weights, name) ? weights[name] : undefined]);
      for (const [module, layer] of Object.entries(modules))
        for (const [name, tensor] of mismatch.attempt(module, () => layer.toPyTorch(source)))
          stateDict.set(prefixed(module, name), fromHostTensor(tensor, options, prefixed(module, name)));
      mismatch.check("The weights", Object.keys(weights));
      return stateDict;
    },
  };
}

/** Collects what does not fit, so that one error tells all of it. */
class Mismatch {
  readonly different: string[] = [];
  readonly #missing: string[] = [];
  readonly #used = new Set<string>();

  source(look: (name: string) => [fullName: string, tensor: HostTensor | undefined]): TensorSource {
    const take = (name: string, minDimensions: number, isRequired: boolean): HostTensor | undefined => {
      const [fullName, tensor] = look(name);
      this.#used.add(fullName);
      if (tensor !== undefined && tensor.shape.length >= minDimensions) return tensor;
      if (tensor !== undefined) this.different.push(`${fullName} is [${tensor.shape.join(", ")}], too few dimensions`);
      else if (isRequired) this.#missing.push(fullName);
      return undefined;
    };
    return {
      get: (name, minDimensions) => take(name, minDimensions, true),
      find: (name, minDimensions) => take(name, minDimensions, false),
    };
  }

  attempt<T>(module: string, convert: () => T[]): T[] {
    try {
      return convert();
    } catch (error) {
      if (!(error instanceof SnapfitError) || error.code !== "SHAPE_MISMATCH") throw error;
      this.different.push(`${quoted(module)}: ${error.message}`);
      return [];
    }
  }

  check(what: string, names: Iterable<string>): void {
    const unexpected = [...names].filter((name) => !this.#used.has(name));
    const parts = Object.entries({ missing: this.#missing, unexpected, different: this.different });
    const told = parts.filter(([, items]) => items.length > 0).map(([part, items]) => `${part}: ${items.join(", ")}`);
    if (told.length > 0)
      throw safetensorsError(
        "MAPPING_MISMATCH",
        `${what} and the mapping do not fit; ${told.join("; ")}. Every tensor belongs to one entry of the table. Correct the table, or leave tensors out before.`,
      );
  }
}

function prefixed(module: string, name: string): string {
  return module === "" ? name : `${module}.${name}`;
}
