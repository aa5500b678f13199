// Gradients of convolutions, dilated ones included: the addon's kernels know dilation, TensorFlow.js' do not.
import type * as tf from "@tensorflow/tfjs";
import { registerGradientOnNative } from "./on-native.js";
import { runKernel } from "./run.js";

function convolution(kernel: string, inputKernel: string, filterKernel: string): void {
  registerGradientOnNative(kernel, ({ dy, saved, attrs }) => {
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    return {
      x: () => runKernel(inputKernel, { dy, filter }, { ...attrs, inputShape: x.shape }),
      filter: () => runKernel(filterKernel, { x, dy }, { ...attrs, filterShape: filter.shape }),
    };
  });
}

convolution("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter");
convolution("DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter");
convolution("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2");

// Of a transposed convolution, and of the gradient above.
registerGradientOnNative("Conv2DBackpropInput", ({ dy: ddx, saved, attrs }) => {
  const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
  const { dilations = 1 } = attrs as { dilations?: number | [number, number] };
  return {
    dy: () => runKernel("Conv2D", { x: ddx, filter }, { ...attrs, dilations }),
    filter: () => runKernel("Conv2DBackpropFilter", { x: ddx, dy }, { ...attrs, filterShape: filter.shape }),
  };
});
