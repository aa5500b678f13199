import * as tf from "@tensorflow/tfjs";
import { addon, type AddonBasics } from "./addon.js";
import { backendName, registerKernels } from "./kernel.js";
import { kernelTables } from "./kernel-tables.js";
import { NativeBackend } from "./native-backend.js";

export { NativeBackend } from "./native-backend.js";
export { profileKernels, type KernelUse } from "./profile.js";
export { setPrecision, type Precision, type PrecisionChoice } from "./precision.js";

addon<AddonBasics>().setThreads(2);
registerKernels(kernelTables);
tf.registerBackend(backendName, () => new NativeBackend(), 4);
