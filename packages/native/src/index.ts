import "./start.js";
import "./gradients/activations.js";
import "./gradients/convolution.js";
import "./gradients/data-movement.js";
import "./gradients/gelu.js";
import "./gradients/loss.js";
import "./gradients/norm.js";
import "./gradients/softmax.js";
import "./layers/batch-normalization.js";
import "./layers/gelu.js";
import "./layers/layer-normalization.js";
import "./layers/recurrent.js";

export { NativeBackend } from "./native-backend.js";
export { profileKernels, type KernelUse } from "./profile.js";
export { setPrecision, type Precision, type PrecisionChoice } from "./precision.js";
export type { NativeProblem, NativeProblemCode } from "./load-problem.js";
export { nativeStatus, type NativeStatus } from "./start.js";
export { setThreads, type ThreadChoice } from "./threads.js";
