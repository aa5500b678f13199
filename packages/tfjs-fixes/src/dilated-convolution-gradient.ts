import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, gradientFix } from "./fix.js";

type Pair = readonly [height: number, width: number];

const asPair = (value: number | readonly number[] | null | undefined): Pair =>
  typeof value === "number" ? [value, value] : [value?.[0] ?? 1, value?.[1] ?? 1];

/** A filter `[height, width, in, out]` with `dilation - 1` zeros between its elements: without dilation it acts like the original with it. */
function spreadFilter(filter: tf.Tensor4D, [dh, dw]: Pair): tf.Tensor4D {
  const [height, width, inputs, outputs] = filter.shape;
  if (dh === 1 && dw === 1) return filter;
  const cells = tf.pad(tf.reshape(filter, [height, 1, width, 1, inputs * outputs]), [
    [0, 0],
    [0, dh - 1],
    [0, 0],
    [0, dw - 1],
    [0, 0],
  ]);
  const grid = tf.reshape(cells, [height * dh, width * dw, inputs * outputs]);
  const extent: Pair = [(height - 1) * dh + 1, (width - 1) * dw + 1];
  return tf.reshape(tf.slice(grid, [0, 0, 0], [...extent, inputs * outputs]), [...extent, inputs, outputs]);
}

/** The transpose of {@link spreadFilter}: takes back the elements that stand at the filter's places. */
function gatherFilter(spread: tf.Tensor4D, [height, width]: Pair, [dh, dw]: Pair): tf.Tensor4D {
  const [, , inputs, outputs] = spread.shape;
  if (dh === 1 && dw === 1) return spread;
  const grid = tf.pad(tf.reshape(spread, [spread.shape[0], spread.shape[1], inputs * outputs]), [
    [0, dh - 1],
    [0, dw - 1],
    [0, 0],
  ]);
  const cells = tf.reshape(grid, [height, dh, width, dw, inputs * outputs]);
  return tf.reshape(tf.slice(cells, [0, 0, 0, 0, 0], [height, 1, width, 1, inputs * outputs]), [height, width, inputs, outputs]);
}

function convolutionFix(op: string, wrong: string, inputKernel: string, filterKernel: string): FixDefinition {
  return gradientFix(
    { op, wrong },
    {
      inputsToSave: ["x", "filter"],
      gradFunc: (dy, saved, attrs) => {
        const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const rate = asPair(attrs["dilations"] as number | number[] | undefined);
        // The native engine's backprop kernels know dilation. Others get the filter that it amounts to, whose padding "same" is that of the dilated one.
        const isKnown = tf.getBackend() === "native";
        const dilations: Pair = isKnown ? [1, 1] : rate;
        const [height, width] = filter.shape;
        const extent = [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1, filter.shape[2], filter.shape[3]];
        const common = { ...attrs, dilations: isKnown ? [...rate] : [1, 1] };
        const run = (kernel: string, inputs: tf.NamedTensorMap, extra: tf.NamedAttrMap): tf.Tensor4D =>
          tf.engine().runKernel(kernel, inputs, { ...common, ...extra }) as tf.Tensor4D;
        return {
          x: () => run(inputKernel, { dy: dy as tf.Tensor, filter: spreadFilter(filter, dilations) }, { inputShape: x.shape }),
          filter: () => gatherFilter(run(filterKernel, { x, dy: dy as tf.Tensor }, { filterShape: extent }), [height, width], dilations),
        };
      },
    },
  );
}

export const conv2dGradient = convolutionFix(
  "Conv2D",
  "Throws for dilations greater than 1.",
  "Conv2DBackpropInput",
  "Conv2DBackpropFilter",
);
export const depthwiseConv2dGradient = convolutionFix(
  "DepthwiseConv2dNative",
  "Throws for dilations greater than 1.",
  "DepthwiseConv2dNativeBackpropInput",
  "DepthwiseConv2dNativeBackpropFilter",
);
