import { SnapfitError, isHostTensor } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { toHostTensor, toTensor } from "./batch.js";
import type { Weights } from "./model.js";

/** A copy of all variables in host memory, read together and without blocking. */
export async function readWeights(variables: ReadonlyMap<string, tf.Variable>): Promise<Weights> {
  const tensors = await Promise.all([...variables.values()].map((variable) => toHostTensor(variable)));
  return Object.fromEntries([...variables.keys()].map((path, i) => [path, tensors[i]!]));
}

/** What stands in the way of putting weights into a model. */
export interface WeightsMismatch {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** `head.kernel is [128, 10], given [128, 5]` */
  readonly different: readonly string[];
}

function compareWeights(variables: ReadonlyMap<string, tf.Variable>, weights: Weights): WeightsMismatch {
  const different: string[] = [];
  for (const [path, variable] of variables) {
    const given = weights[path];
    if (given === undefined) continue;
    if (!isHostTensor(given)) different.push(`${path} is given as no host tensor`);
    else if (given.data.length !== variable.size && given.shape.join() === variable.shape.join())
      different.push(`${path} is given as ${given.data.length} values for [${given.shape.join(", ")}]`);
    else if (given.dtype !== variable.dtype || given.shape.join() !== variable.shape.join()) {
      different.push(`${path} is ${variable.dtype} [${variable.shape.join(", ")}], given ${given.dtype} [${given.shape.join(", ")}]`);
    }
  }
  return {
    missing: [...variables.keys()].filter((path) => weights[path] === undefined),
    unexpected: Object.keys(weights).filter((path) => !variables.has(path)),
    different,
  };
}

/**
 * Puts copies of weights into variables. Nothing changes if it throws.
 * @param strict whether every path must match; else what fits is taken.
 * @returns what did not fit. @throws SnapfitError `WEIGHTS_MISMATCH` that names all of it.
 */
export function assignWeights(variables: ReadonlyMap<string, tf.Variable>, weights: Weights, strict: boolean): WeightsMismatch {
  const mismatch = compareWeights(variables, weights);
  const { missing, unexpected, different } = mismatch;
  if (strict && missing.length + unexpected.length + different.length > 0) {
    const parts = [
      missing.length > 0 && `missing: ${missing.join(", ")}`,
      unexpected.length > 0 && `unexpected: ${unexpected.join(", ")}`,
      different.length > 0 && `different: ${different.join("; ")}`,
    ];
    throw new SnapfitError(
      "WEIGHTS_MISMATCH",
      `The weights do not fit the model; ${parts.filter(Boolean).join("; ")}. Every parameter must be there with its dtype and shape. Build the same model, or pass { strict: false } to take what fits.`,
    );
  }
  for (const [path, variable] of variables) {
    const given = weights[path];
    if (given === undefined || different.some((text) => text.startsWith(`${path} is `))) continue;
    const tensor = toTensor({ ...given, data: given.data.slice() });
    variable.assign(tensor);
    tensor.dispose();
  }
  return mismatch;
}
