// TensorFlow.js fuses convolution, bias and activation for inference only. With these gradients our layers do it in training too.
import * as tf from "@tensorflow/tfjs";
import { runKernel, runKernels } from "./run.js";

function fused(kernelName: string, inputKernel: string, filterKernel: string): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ["x", "filter"],
    outputsToSave: [true],
    gradFunc: (derivative, tensors, attrs) => {
      const dy = derivative as tf.Tensor;
      const [x, filter, y] = tensors as [tf.Tensor, tf.Tensor, tf.Tensor];
      const { activation } = attrs as unknown as tf.FusedConv2DAttrs;
      const [dz, dBias] =
        activation === "linear" ? [dy] : (runKernels("FusedBiasGradient", { dy, y }, { activation }) as [tf.Tensor, tf.Tensor]);
      return {
        x: () => runKernel(inputKernel, { dy: dz, filter }, { ...attrs, inputShape: x.shape }),
        filter: () => runKernel(filterKernel, { x, dy: dz }, { ...attrs, filterShape: filter.shape }),
        bias: () => dBias ?? tf.sum(dz, [0, 1, 2]),
      };
    },
  });
}

fused("FusedConv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter");
fused("FusedDepthwiseConv2D", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter");
