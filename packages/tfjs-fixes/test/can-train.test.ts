import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { applyFixes, checkModelCanTrain, unsupportedGradients } from "../src/index.js";

const image = { inputShape: [8, 8, 2] };

beforeAll(async () => expect(await tf.setBackend("cpu")).toBe(true));

describe("unsupportedGradients", () => {
  it("names what TF.js cannot differentiate anywhere, and nothing that the fixes provide", () => {
    for (const backend of ["cpu", "wasm"]) {
      const reasons = unsupportedGradients(backend);
      expect(reasons.get("CropAndResize")).toBe("TensorFlow.js has no gradient for CropAndResize.");
      for (const op of ["Conv2D", "DepthwiseConv2dNative", "GatherV2", "Conv2DBackpropInput", "MaxPool3D"])
        expect(reasons.has(op)).toBe(false);
      applyFixes(backend);
      expect(unsupportedGradients(backend)).toEqual(reasons);
    }
  });
  it("names missing kernels of any backend that is loaded", () => {
    tf.registerKernel({ kernelName: "Conv2D", backendName: "poor", kernelFunc: () => [] });
    expect(unsupportedGradients("poor").get("Conv2D")).toBe(
      "The poor backend has no kernel Conv2DBackpropInput and Conv2DBackpropFilter, which training through Conv2D needs.",
    );
    expect(unsupportedGradients("poor").get("Elu")).toContain("Elu and EluGrad");
    expect([...unsupportedGradients("not-loaded").keys()]).not.toContain("Conv2D");
    tf.unregisterKernel("Conv2D", "poor");
  });
  it("forgets an op whose gradient someone registers", () => {
    tf.registerGradient({ kernelName: "Transform", gradFunc: () => ({}) });
    expect(unsupportedGradients("cpu").has("Transform")).toBe(false);
    tf.unregisterGradient("Transform");
    expect(unsupportedGradients("cpu").has("Transform")).toBe(true);
  });
});

describe("checkModelCanTrain", () => {
  it("finds nothing in models that train", () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ ...image, filters: 2, kernelSize: 3, dilationRate: 2 }),
        tf.layers.depthwiseConv2d({ kernelSize: 2 }),
        tf.layers.upSampling2d({}),
        tf.layers.flatten(),
        tf.layers.dense({ units: 2 }),
      ],
    });
    for (const backend of ["cpu", "wasm"]) expect(checkModelCanTrain(model, backend)).toEqual([]);
  });
  it("names layer, op and reason, also in nested models and wrappers", () => {
    const inner = tf.sequential({
      layers: [tf.layers.conv3d({ inputShape: [6, 6, 6, 1], filters: 1, kernelSize: 2, dilationRate: 2 as never })],
    });
    const model = tf.sequential({ layers: [inner] });
    expect(checkModelCanTrain(model, "cpu")).toEqual([
      {
        layer: "layers.0.layers.0",
        className: "Conv3D",
        op: "Conv3D",
        reason: "TensorFlow.js has no gradient for Conv3D with a dilation greater than 1.",
      },
    ]);
    const wrapped = tf.sequential({
      layers: [
        tf.layers.timeDistributed({
          inputShape: [3, 8, 8, 8, 1],
          layer: tf.layers.conv3d({ filters: 1, kernelSize: 2, dilationRate: 2 as never }),
        }),
      ],
    });
    expect(checkModelCanTrain(wrapped, "cpu").map(({ layer }) => layer)).toEqual(["layers.0.layer"]);
    const transposed = tf.sequential({ layers: [tf.layers.conv3dTranspose({ inputShape: [2, 2, 2, 1], filters: 1, kernelSize: 2 })] });
    expect(checkModelCanTrain(transposed, "wasm")).toEqual([
      {
        layer: "layers.0",
        className: "Conv3DTranspose",
        op: "Conv3DBackpropInputV2",
        reason: "TensorFlow.js has no gradient for Conv3DBackpropInputV2.",
      },
    ]);
  });
  it("leaves out layers before the first weights, and a frozen beginning, but not what follows weights", () => {
    const crop = () => tf.layers.centerCrop({ height: 6, width: 6, inputShape: [8, 8, 2] } as never);
    const conv = () => tf.layers.conv2d({ ...image, filters: 2, kernelSize: 1 });
    expect(checkModelCanTrain(tf.sequential({ layers: [crop(), conv()] }), "cpu")).toEqual([]);
    const after = tf.sequential({ layers: [conv(), crop()] });
    expect(checkModelCanTrain(after, "cpu").map(({ layer, op }) => [layer, op])).toEqual([["layers.1", "CropAndResize"]]);
    after.layers[0]!.trainable = false;
    expect(checkModelCanTrain(after, "cpu")).toEqual([]);
  });
  it.each(["cpu", "wasm"])("its verdicts on %s are what training does", async (backend) => {
    expect(await tf.setBackend(backend)).toBe(true);
    applyFixes(backend);
    const volume = { inputShape: [4, 4, 4, 1] };
    const layers: Record<string, () => tf.layers.Layer> = {
      conv1d: () => tf.layers.conv1d({ inputShape: [8, 2], filters: 2, kernelSize: 3, dilationRate: 2 }),
      conv2d: () => tf.layers.conv2d({ ...image, filters: 2, kernelSize: 3, dilationRate: 2 }),
      conv2dTranspose: () => tf.layers.conv2dTranspose({ ...image, filters: 2, kernelSize: 3 }),
      conv3d: () => tf.layers.conv3d({ ...volume, filters: 2, kernelSize: 2 }),
      conv3dDilated: () => tf.layers.conv3d({ ...volume, filters: 2, kernelSize: 2, dilationRate: 2 as never }),
      conv3dTranspose: () => tf.layers.conv3dTranspose({ ...volume, filters: 2, kernelSize: 2 }),
      separable: () => tf.layers.separableConv2d({ ...image, filters: 2, kernelSize: 3 }),
      depthwise: () => tf.layers.depthwiseConv2d({ ...image, kernelSize: 3, dilationRate: 2 }),
      convLstm: () => tf.layers.convLstm2d({ inputShape: [2, 5, 5, 1], filters: 1, kernelSize: 2 }),
      norm: () => tf.layers.batchNormalization({ ...image, axis: 1, scale: false }),
      embedding: () => tf.layers.embedding({ inputShape: [4], inputDim: 9, outputDim: 3 }),
      lstm: () => tf.layers.lstm({ inputShape: [4, 3], units: 2, returnSequences: true }),
      bidirectional: () =>
        tf.layers.bidirectional({
          inputShape: [4, 3],
          layer: tf.layers.gru({ units: 2, returnSequences: true }) as never,
          mergeMode: "concat",
        }),
    };
    for (const [name, make] of Object.entries(layers)) {
      const layer = make();
      const model = tf.sequential({ layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 1 })] });
      const isTrainable = checkModelCanTrain(model, backend).length === 0;
      const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const train = (): number =>
        tf.tidy(
          () =>
            Object.keys(
              tf.variableGrads(
                () =>
                  tf.sum(
                    model.apply(tf.ones([2, ...model.inputs[0]!.shape.slice(1)] as number[]), { training: true } as never) as tf.Tensor,
                  ),
                weights,
              ).grads,
            ).length,
        );
      let hasTrained = true;
      try {
        expect(train()).toBe(weights.length);
      } catch (error) {
        if ((error as Error).name === "AssertionError") throw error;
        hasTrained = false;
      }
      expect([name, isTrainable]).toEqual([name, hasTrained]);
    }
  });
  it.each(["cpu", "wasm"])("pooling and resizing after weights train on %s", async (backend) => {
    expect(await tf.setBackend(backend)).toBe(true);
    applyFixes(backend);
    const middles = [
      tf.layers.maxPooling2d({}),
      tf.layers.averagePooling2d({ padding: "same" }),
      tf.layers.upSampling2d({ interpolation: "bilinear" }),
      tf.layers.upSampling2d({}),
      tf.layers.elu(),
      tf.layers.thresholdedReLU({}),
    ];
    for (const middle of middles) {
      const model = tf.sequential({
        layers: [tf.layers.conv2d({ ...image, filters: 2, kernelSize: 2 }), middle, tf.layers.flatten(), tf.layers.dense({ units: 1 })],
      });
      expect(checkModelCanTrain(model, backend)).toEqual([]);
      const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      expect(Object.keys(tf.variableGrads(() => tf.sum(model.apply(tf.ones([2, 8, 8, 2])) as tf.Tensor), weights).grads).length).toBe(4);
    }
  });
});
