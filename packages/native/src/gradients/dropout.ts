import * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run.js";

// The mask of the gradient is made again from the seed: nothing is stored.
tf.registerGradient({
  kernelName: "FusedDropout",
  gradFunc: (dy, _saved, attributes) => ({ x: () => runKernel("FusedDropout", { x: dy as tf.Tensor }, attributes) }),
});
