import * as tf from "@tensorflow/tfjs";
import { runKernel } from "./run.js";

tf.registerGradient({
  kernelName: "Gelu",
  inputsToSave: ["x"],
  gradFunc: (dy, [x], attributes) => ({ x: () => runKernel("GeluGrad", { dy: dy as tf.Tensor, x: x! }, attributes) }),
});
