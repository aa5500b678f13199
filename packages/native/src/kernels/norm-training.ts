import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";
import { isByChannel } from "./norm.js";
import { hasFloatRows, rowsOf } from "./rows.js";

type F = Float32Array;
interface NormTrainingFunctions {
  batchNormTraining(
    x: Elements,
    gamma: F,
    beta: F,
    movingMean: F,
    movingVariance: F,
    y: Elements,
    statistics: F,
    movedMean: F,
    movedVariance: F,
    rows: Int32Array,
    epsilon: number,
    decay: number,
  ): void;
  batchNormTrainingGrad(dy: Elements, x: Elements, statistics: F, gamma: F, dx: Elements, dGamma: F, dBeta: F, rows: Int32Array): void;
}
interface BatchNormAttributes {
  readonly epsilon: number;
  /** Of the moving averages: what they keep. */
  readonly momentum: number;
}

/** Batch normalisation over all axes but the last, by the statistics of the batch. */
export const normTrainingKernels: KernelTable = {
  /** [y, statistics for the gradient, moving mean and variance after this batch] */
  FusedBatchNormTraining({ inputs, attrs, backend }) {
    const { x, gamma, beta, movingMean, movingVariance } = inputs as Inputs<"x" | "gamma" | "beta" | "movingMean" | "movingVariance">;
    if (!hasFloatRows(x) || ![gamma, beta, movingMean, movingVariance].every((each) => isByChannel(each, x))) return undefined;
    const { epsilon, momentum } = attrs as BatchNormAttributes;
    const rows = rowsOf(x);
    const numChannels = rows[1]!;
    const values = elementsOf(backend, x);
    const y = takeLike(backend, values);
    const statistics = backend.takeFloats(2 * numChannels);
    const movedMean = backend.takeFloats(numChannels);
    const movedVariance = backend.takeFloats(numChannels);
    addon<NormTrainingFunctions>().batchNormTraining(
      values,
      backend.floats(gamma),
      backend.floats(beta),
      backend.floats(movingMean),
      backend.floats(movingVariance),
      y,
      statistics,
      movedMean,
      movedVariance,
      rows,
      epsilon,
      1 - momentum,
    );
    return [
      backend.own(x.shape, "float32", y),
      backend.own([2, numChannels], "float32", statistics),
      backend.own([numChannels], "float32", movedMean),
      backend.own([numChannels], "float32", movedVariance),
    ];
  },

  /** [dx, dGamma, dBeta] */
  FusedBatchNormTrainingGrad({ inputs, backend }) {
    const { dy, x, statistics, gamma } = inputs as Inputs<"dy" | "x" | "statistics" | "gamma">;
    const values = elementsOf(backend, x);
    const scale = backend.floats(gamma);
    const dx = takeLike(backend, values);
    const dGamma = backend.takeFloats(scale.length);
    const dBeta = backend.takeFloats(scale.length);
    addon<NormTrainingFunctions>().batchNormTrainingGrad(
      elementsOf(backend, dy),
      values,
      backend.floats(statistics),
      scale,
      dx,
      dGamma,
      dBeta,
      rowsOf(x),
    );
    return [backend.own(x.shape, "float32", dx), backend.own(gamma.shape, "float32", dGamma), backend.own(gamma.shape, "float32", dBeta)];
  },
};
