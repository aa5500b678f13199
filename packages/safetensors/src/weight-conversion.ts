import type { HostTensor } from "@snapfit/base";
import { inverseAxes, permute, reshape } from "./permute.js";

/** How one weight of PyTorch becomes one of TensorFlow.js, and back. */
export interface WeightConversion {
  /** Dimensions of the weight in PyTorch, and in TensorFlow.js, at least. */
  readonly minDimensions: number;
  fromPyTorch(weight: HostTensor): HostTensor;
  toPyTorch(weight: HostTensor): HostTensor;
}

export const unchanged: WeightConversion = { minDimensions: 0, fromPyTorch: (weight) => weight, toPyTorch: (weight) => weight };

/** [out, in] to [in, out]. */
export const transposed: WeightConversion = {
  minDimensions: 2,
  fromPyTorch: (weight) => permute(weight, [1, 0]),
  toPyTorch: (weight) => permute(weight, [1, 0]),
};

/** [a, b, ...spatial] to [...spatial, b, a]. */
export const channelsLast: WeightConversion = {
  minDimensions: 3,
  fromPyTorch: (weight) => permute(weight, spatialFirst(weight.shape.length)),
  toPyTorch: (weight) => permute(weight, inverseAxes(spatialFirst(weight.shape.length))),
};

/** [channels * multiplier, 1, height, width] to [height, width, channels, multiplier]. */
export function depthwise(multiplier: number): WeightConversion {
  return {
    minDimensions: 4,
    fromPyTorch(weight) {
      const [out, , height, width] = weight.shape;
      return permute(reshape(weight, [out! / multiplier, multiplier, height!, width!]), [2, 3, 0, 1]);
    },
    toPyTorch(weight) {
      const [height, width, channels] = weight.shape;
      return reshape(permute(weight, [2, 3, 0, 1]), [channels! * multiplier, 1, height!, width!]);
    },
  };
}

/** [out, channels * height * width] to [height * width * channels, out]; any number of spatial dimensions. */
export function flattenedFrom([channels, ...spatial]: readonly number[]): WeightConversion {
  const spatialAxes = [...spatial.keys()];
  const last = spatial.length;
  return {
    minDimensions: 2,
    fromPyTorch(weight) {
      const [numOut, numIn] = weight.shape;
      const apart = reshape(weight, [numOut!, channels!, ...spatial]);
      return reshape(permute(apart, [...spatialAxes.map((axis) => axis + 2), 1, 0]), [numIn!, numOut!]);
    },
    toPyTorch(weight) {
      const [numIn, numOut] = weight.shape;
      const apart = reshape(weight, [...spatial, channels!, numOut!]);
      return reshape(permute(apart, [last + 1, last, ...spatialAxes]), [numOut!, numIn!]);
    },
  };
}

function spatialFirst(dimensions: number): number[] {
  return [...Array.from({ length: dimensions - 2 }, (_, i) => i + 2), 1, 0];
}
