// x is saved and handed to the kernels of the gradients even where saved results would do: TensorFlow.js follows saved inputs to the
// variables, so that a second derivative, which these kernels have not, is an error; it does not follow saved results.
import * as tf from "@tensorflow/tfjs";
import { runKernels } from "./run.js";

tf.registerGradient({
  kernelName: "FusedLayerNorm",
  inputsToSave: ["x", "gamma"],
  gradFunc(dy, [x, gamma], attributes) {
    // At once, not when the first of the three is asked for: its scope would dispose the others.
    const [dx, dGamma, dBeta] = runKernels("FusedLayerNormGrad", { dy: dy as tf.Tensor, x: x!, gamma: gamma! }, attributes);
    return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta! };
  },
});

tf.registerGradient({
  kernelName: "FusedBatchNormTraining",
  inputsToSave: ["x", "gamma"],
  outputsToSave: [false, true, false, false],
  gradFunc(dys, [x, gamma, statistics]) {
    const dy = (dys as tf.Tensor[])[0]!;
    const [dx, dGamma, dBeta] = runKernels("FusedBatchNormTrainingGrad", { dy, x: x!, gamma: gamma!, statistics: statistics! });
    const none = (): tf.Tensor => tf.zerosLike(gamma!);
    return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta!, movingMean: none, movingVariance: none };
  },
});
