import * as tf from "@tensorflow/tfjs";
import { addon, type AddonBasics, loadedAddon } from "./addon.js";
import { backendName, registerKernels } from "./kernel.js";
import { kernelTables } from "./kernel-tables.js";
import type { NativeProblem } from "./load-problem.js";
import { NativeBackend } from "./native-backend.js";
import type { BuildName } from "./processor.js";
import { runSelfChecks } from "./self-check.js";
import { applyThreads, threadChoice, type ThreadChoice } from "./threads.js";

/** Whether the engine runs here, and as what. */
export interface NativeStatus {
  readonly isAvailable: boolean;
  /** Why it does not run. */
  readonly problem?: NativeProblem;
  /** The build for this processor's instructions: `avx512`, `avx2`, `baseline`. */
  readonly build?: BuildName;
  /** oneDNN's version. */
  readonly oneDnn?: string;
  /** The file that was loaded. */
  readonly file?: string;
  readonly threads: ThreadChoice;
}

/** Above wasm and cpu: TensorFlow.js takes it by itself where nobody names a backend. */
const priority = 4;

const problem = start();

/** Registers the backend where the addon loads and computes rightly; otherwise nothing is changed. */
function start(): NativeProblem | undefined {
  if (!("functions" in loadedAddon)) return loadedAddon;
  if (tf.getKernelsForBackend("cpu").length === 0)
    return {
      code: "TENSORFLOW_TWICE",
      message:
        "@tensorflow/tfjs-core is installed twice, and the backends know only the other one. `npm ls @tensorflow/tfjs-core` shows where; `npm dedupe` may mend it.",
    };
  applyThreads(threadChoice());
  registerKernels(kernelTables);
  const difference = runSelfChecks();
  if (difference !== undefined) {
    for (const { kernelName } of tf.getKernelsForBackend(backendName)) tf.unregisterKernel(kernelName, backendName);
    return {
      code: "SELF_CHECK_FAILED",
      message: `The native engine computes wrongly on this machine and is not used: ${difference}. Please report it with the output of doctor().`,
    };
  }
  tf.registerBackend(backendName, () => new NativeBackend(), priority);
  return undefined;
}

/** Whether the engine runs here; if not, why, and what to do. */
export function nativeStatus(): NativeStatus {
  const threads = threadChoice();
  if (!("functions" in loadedAddon)) return { isAvailable: false, threads, ...(problem && { problem }) };
  const [, oneDnn = ""] = addon<AddonBasics>().version().split(" ");
  const { build, file } = loadedAddon;
  return { isAvailable: problem === undefined, build, file, oneDnn, threads, ...(problem && { problem }) };
}
