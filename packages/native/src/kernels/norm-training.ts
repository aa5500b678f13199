import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { isByChannel } from "./norm.js";
import { hasFloatRows, rowsOf } from "./rows.js";

type F = Float32Array;
interface NormTrainingFunctions {
  batchNormTraining(
    x: F,
    gamma: F,
    beta: F,
    movingMean: F,
    movingVariance: F,
    y: F,
    statistics: F,
    movedMean: F,
    movedVariance: F,
    rows: Int32Array,
    epsilon: number,
    decay: number,
  ): void;
  batchNormTrainingGrad(dy: F, x: F, statistics: F, gamma: F, dx: F, dGamma: F, dBeta: F, rows: Int32Array): void;
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
    const values = backend.floats(x);
    const y = backend.takeFloats(values.length);
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
    const values = backend.floats(x);
    const scale = backend.floats(gamma);
    const [dx, dGamma, dBeta] = [values, scale, scale].map(({ length }) => backend.takeFloats(length)) as [F, F, F];
    addon<NormTrainingFunctions>().batchNormTrainingGrad(
      backend.floats(dy),
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
