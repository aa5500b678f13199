// Convolution, bias and activation in one kernel in training; tf.layers runs three.
import * as tf from "@tensorflow/tfjs";
import "../gradients/fused-convolution.js";
import { fusedInTraining } from "../gradients/fused-mat-mul.js";
import { runKernel } from "../gradients/run.js";
import { type LayerWeight, onlyInput, patchClass } from "./patch-class.js";

interface ConvolutionLayer {
  readonly kernel: LayerWeight;
  /** Of a depthwise layer. */
  readonly depthwiseKernel?: LayerWeight;
  readonly bias?: LayerWeight | null;
  readonly strides: readonly number[];
  readonly padding: string;
  readonly dataFormat: string;
  readonly dilationRate?: readonly number[];
  readonly activation?: { getClassName(): string } | null;
}

/** Kernel attributes, or undefined where the layer's own way has to be gone. */
function attributesOf(layer: ConvolutionLayer, x: tf.Tensor): object | undefined {
  const activation = layer.activation?.getClassName() ?? "linear";
  // A gradient of a gradient needs what a fused kernel does not keep; without a gradient tf.layers fuses by itself.
  const isTraining = tf.engine().state.gradientDepth === 1;
  const isCovered = layer.bias != null && layer.dataFormat !== "channelsFirst" && (layer.padding === "same" || layer.padding === "valid");
  if (!isTraining || !isCovered || !fusedInTraining.has(activation) || x.dtype !== "float32" || x.size === 0) return undefined;
  const { strides, padding: pad, dilationRate } = layer;
  return { strides, pad, dataFormat: "NHWC", dilations: dilationRate ?? [1, 1], activation };
}

patchClass("Conv2D", "call", (self: object, inputs: tf.Tensor | readonly tf.Tensor[]) => {
  const layer = self as ConvolutionLayer;
  const x = onlyInput(inputs);
  const attributes = attributesOf(layer, x);
  if (attributes === undefined || x.rank !== 4) return undefined;
  return runKernel("FusedConv2D", { x, filter: layer.kernel.read(), bias: layer.bias!.read() }, attributes);
});

patchClass("DepthwiseConv2D", "call", (self: object, inputs: tf.Tensor | readonly tf.Tensor[]) => {
  const layer = self as ConvolutionLayer;
  const x = onlyInput(inputs);
  // tf.layers does not know dilation here.
  const attributes = attributesOf({ ...layer, dilationRate: [1, 1] }, x);
  if (attributes === undefined || x.rank !== 4) return undefined;
  return runKernel("FusedDepthwiseConv2D", { x, filter: layer.depthwiseKernel!.read(), bias: layer.bias!.read() }, attributes);
});

patchClass("Conv1D", "call", (self: object, inputs: tf.Tensor | readonly tf.Tensor[]) => {
  const layer = self as ConvolutionLayer;
  const sequence = onlyInput(inputs);
  const attributes = attributesOf(layer, sequence);
  if (attributes === undefined || sequence.rank !== 3) return undefined;
  return tf.tidy(() => {
    const filter = layer.kernel.read();
    const y = runKernel(
      "FusedConv2D",
      { x: tf.expandDims(sequence, 1), filter: tf.expandDims(filter, 0), bias: layer.bias!.read() },
      { ...attributes, strides: [1, layer.strides[0]!], dilations: [1, layer.dilationRate?.[0] ?? 1] },
    );
    return tf.squeeze(y, [1]);
  });
});
