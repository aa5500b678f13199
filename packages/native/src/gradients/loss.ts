import * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run.js";

tf.registerGradient({
  kernelName: "FusedSoftmaxCrossEntropy",
  inputsToSave: ["logits", "labels"],
  outputsToSave: [false, true],
  gradFunc: (dy, [logits, labels, statistics], attributes) => ({
    logits: () =>
      runKernel(
        "FusedSoftmaxCrossEntropyGrad",
        { dy: (dy as tf.Tensor[])[0]!, logits: logits!, labels: labels!, statistics: statistics! },
        attributes,
      ),
  }),
});
