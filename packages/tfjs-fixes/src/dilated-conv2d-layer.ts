import * as tf from "@tensorflow/tfjs";
import { layerFix } from "./fix.js";

interface Conv2dLayer {
  readonly kernel: { read(): tf.Tensor4D };
  readonly bias?: { read(): tf.Tensor } | null;
  readonly strides: [number, number];
  readonly padding: "same" | "valid";
  readonly dataFormat: "channelsFirst" | "channelsLast";
  readonly dilationRate: number | [number, number];
  readonly activation?: { apply(x: tf.Tensor): tf.Tensor } | null;
}

/** The layer uses fused.conv2d, whose gradient cannot be replaced: dilated layers take the plain op. */
export const dilatedConv2dLayer = layerFix(
  { op: "Conv2D", wrong: "Training throws for a dilated layer without relu or elu." },
  (prototype) => {
    const original = prototype.call;
    prototype.call = function (this: object, inputs, options) {
      const { kernel, bias, strides, padding, dataFormat, dilationRate, activation } = this as Conv2dLayer;
      if ([dilationRate].flat().every((rate) => rate === 1)) return original.call(this, inputs, options);
      return tf.tidy(() => {
        const input = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
        const isChannelsFirst = dataFormat === "channelsFirst";
        const x = isChannelsFirst ? tf.transpose(input, [0, 2, 3, 1]) : input;
        let y: tf.Tensor = tf.conv2d(x, kernel.read(), strides, padding, "NHWC", dilationRate);
        if (bias != null) y = tf.add(y, bias.read());
        if (isChannelsFirst) y = tf.transpose(y, [0, 3, 1, 2]);
        return activation == null ? y : activation.apply(y);
      });
    };
  },
);
