import { hostTensor, type HostTensor } from "@snapfit/base";
import { reshape } from "./permute.js";
import type { PyTorchLayer, TensorSource } from "./pytorch-mapping.js";
import { channelsLast, depthwise, flattenedFrom, transposed, unchanged, type WeightConversion } from "./weight-conversion.js";

/**
 * `nn.Linear` as `tf.layers.dense`.
 * @param options.flattened shape of what the input was flattened from, [channels, height, width] or [channels, length]: PyTorch flattens
 * channels first, TensorFlow.js last, so the rows of the kernel change places.
 */
export function linear(path: string, options: { readonly flattened?: readonly number[] } = {}): PyTorchLayer {
  const kernel = options.flattened === undefined ? transposed : flattenedFrom(options.flattened);
  return layer(path, [["weight", "kernel", kernel], BIAS]);
}

/** `nn.Conv1d`, `Conv2d` and `Conv3d` as `tf.layers.conv1d`, `conv2d` and `conv3d`: [out, in, ...spatial] is [...spatial, in, out]. */
export function conv(path: string): PyTorchLayer {
  return layer(path, [["weight", "kernel", channelsLast], BIAS]);
}

/** `nn.ConvTranspose2d` and `3d` as `tf.layers.conv2dTranspose` and `conv3dTranspose`: [in, out, ...spatial] is [...spatial, out, in]. */
export function convTranspose(path: string): PyTorchLayer {
  return layer(path, [["weight", "kernel", channelsLast], BIAS]);
}

/** `nn.Conv2d` whose `groups` are its input channels, as `tf.layers.depthwiseConv2d`. @param options.depthMultiplier 1 if left out. */
export function depthwiseConv(path: string, options: { readonly depthMultiplier?: number } = {}): PyTorchLayer {
  return layer(path, [["weight", "depthwise_kernel", depthwise(options.depthMultiplier ?? 1)], BIAS]);
}

/**
 * `nn.BatchNorm1d`, `2d` and `3d` as `tf.layers.batchNormalization`. Give that PyTorch's `epsilon` of 1e-5, and as `momentum` 1 less PyTorch's
 * (0.9). PyTorch's count of batches is left out.
 */
export function batchNorm(path: string): PyTorchLayer {
  const weights: Weight[] = [
    ["weight", "gamma", unchanged, "optional"],
    ["bias", "beta", unchanged, "optional"],
    ["running_mean", "moving_mean", unchanged],
    ["running_var", "moving_variance", unchanged],
  ];
  const { fromPyTorch, toPyTorch } = layer(path, weights);
  return {
    toPyTorch,
    fromPyTorch(module) {
      module.find("num_batches_tracked", 0);
      return fromPyTorch(module);
    },
  };
}

/** `nn.LayerNorm` over the last axis, as `tf.layers.layerNormalization`. Give that PyTorch's `epsilon` of 1e-5. */
export function layerNorm(path: string): PyTorchLayer {
  return layer(path, [
    ["weight", "gamma", unchanged, "optional"],
    ["bias", "beta", unchanged, "optional"],
  ]);
}

/** `nn.Embedding` as `tf.layers.embedding`. */
export function embedding(path: string): PyTorchLayer {
  return layer(path, [["weight", "embeddings", unchanged]]);
}

/**
 * `nn.LSTM` as one `tf.layers.lstm` for each of its layers; give those `recurrentActivation: "sigmoid"`. The gates have the same order. PyTorch's
 * two biases are summed; on the way back the second is 0.
 * @param paths of the layers, from the input on. @param options.bidirectional whether each is a `tf.layers.bidirectional` around an LSTM.
 */
export function lstm(paths: string | readonly string[], options: { readonly bidirectional?: boolean } = {}): PyTorchLayer {
  const directions = options.bidirectional ? [FORWARD, REVERSE] : [FORWARD];
  const cells = [paths].flat().flatMap((path, index) => directions.map(({ torch, ours }) => lstmCell(path, `_l${index}${torch}`, ours)));
  return {
    fromPyTorch: (module) => cells.flatMap((cell) => cell.fromPyTorch(module)),
    toPyTorch: (weights) => cells.flatMap((cell) => cell.toPyTorch(weights)),
  };
}

/** Endings of the names of a direction's weights. */
const FORWARD = { torch: "", ours: "" };
const REVERSE = { torch: "_reverse", ours: "_1" };

function lstmCell(path: string, torch: string, ours: string): PyTorchLayer {
  const kernels = layer(path, [
    [`weight_ih${torch}`, `kernel${ours}`, transposed],
    [`weight_hh${torch}`, `recurrent_kernel${ours}`, transposed],
  ]);
  return {
    fromPyTorch(module) {
      const input = module.find(`bias_ih${torch}`, 1);
      const hidden = input && module.get(`bias_hh${torch}`, 1);
      const weights = kernels.fromPyTorch(module);
      if (input && hidden) weights.push([`${path}.bias${ours}`, sum(input, hidden)]);
      return weights;
    },
    toPyTorch(source) {
      const bias = source.find(`${path}.bias${ours}`, 1);
      const weights = kernels.toPyTorch(source);
      if (bias) weights.push([`bias_ih${torch}`, bias], [`bias_hh${torch}`, hostTensor(new Float32Array(bias.data.length), bias.shape)]);
      return weights;
    },
  };
}

/** Local name in PyTorch, local name in TensorFlow.js, what lies between. */
type Weight = readonly [torch: string, ours: string, conversion: WeightConversion, optional?: "optional"];

const BIAS: Weight = ["bias", "bias", unchanged, "optional"];

function layer(path: string, weights: readonly Weight[]): PyTorchLayer {
  const take = (source: TensorSource, name: string, [, , { minDimensions }, optional]: Weight): HostTensor | undefined =>
    optional ? source.find(name, minDimensions) : source.get(name, minDimensions);
  return {
    fromPyTorch: (module) =>
      weights.flatMap((weight): [string, HostTensor][] => {
        const [torch, ours, conversion] = weight;
        const tensor = take(module, torch, weight);
        return tensor === undefined ? [] : [[`${path}.${ours}`, conversion.fromPyTorch(tensor)]];
      }),
    toPyTorch: (source) =>
      weights.flatMap((weight): [string, HostTensor][] => {
        const [torch, ours, conversion] = weight;
        const tensor = take(source, `${path}.${ours}`, weight);
        return tensor === undefined ? [] : [[torch, conversion.toPyTorch(tensor)]];
      }),
  };
}

function sum(a: HostTensor, b: HostTensor): HostTensor {
  const { data } = reshape(b, a.shape);
  return hostTensor(
    Float32Array.from(a.data, (value, i) => value + data[i]!),
    a.shape,
  );
}
