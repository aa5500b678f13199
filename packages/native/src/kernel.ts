import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import type { NativeBackend } from "./native-backend.js";
import { recordKernel } from "./profile.js";

/** Name under which TensorFlow.js knows the engine. */
export const backendName = "native";

/** Inputs of a kernel by name; those of `Optional` may be left out: `call.inputs as Inputs<"x" | "filter", "bias">`. */
export type Inputs<Required extends string, Optional extends string = never> = Readonly<
  Record<Required, tf.TensorInfo> & Partial<Record<Optional, tf.TensorInfo>>
>;

/** Inputs by name, attributes and the backend, as TensorFlow.js hands them to a kernel. */
export interface KernelArguments {
  readonly inputs: object;
  readonly attrs: object;
  readonly backend: NativeBackend;
}

/** A kernel of ours; undefined hands the call to the cpu backend's kernel. */
export type NativeKernel = (call: KernelArguments) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** What a kernel file exports: kernels by the names of TensorFlow.js, or by names of our own, which have no fallback. */
export type KernelTable = Readonly<Record<string, NativeKernel>>;

/** Registers the cpu backend's kernels and, in front of them, ours. Called once. */
export function registerKernels(tables: readonly KernelTable[]): void {
  const ours = new Map(tables.flatMap((table) => Object.entries(table)));
  for (const config of tf.getKernelsForBackend("cpu")) {
    const kernel = ours.get(config.kernelName);
    ours.delete(config.kernelName);
    tf.registerKernel({ ...config, backendName, kernelFunc: counted(config.kernelName, kernel, config.kernelFunc) });
  }
  for (const [kernelName, kernel] of ours)
    tf.registerKernel({ kernelName, backendName, kernelFunc: counted(kernelName, kernel, noFallback) });
}

function counted(name: string, kernel: NativeKernel | undefined, fallback: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const backend = args.backend as NativeBackend;
    const startMs = recordKernel.isOn ? performance.now() : 0;
    const { numWidened } = backend;
    let output: ReturnType<NativeKernel>;
    let result: tf.TensorInfo | tf.TensorInfo[];
    try {
      output = kernel?.(args as unknown as KernelArguments);
      result = output ?? backend.pool.holding(() => fallback(args));
    } catch (error) {
      throw explained(error, name, args);
    }
    if (recordKernel.isOn) recordKernel(name, output === undefined, performance.now() - startMs, backend.numWidened - numWidened);
    return result;
  };
}

/** TensorFlow.js lets disposed tensors and any dtype through to the kernel, which then fails on what it does not find. */
function explained(error: unknown, kernel: string, args: Parameters<tf.KernelFunc>[0]): unknown {
  const { data } = args.backend as NativeBackend;
  const named = Object.entries(args.inputs).flatMap(([name, input]) => [input].flat().map((tensor) => ({ name, tensor })));
  for (const { name, tensor } of named) {
    if (tensor === undefined) continue;
    const got = `${kernel} got the tensor "${name}", ${tensor.dtype} [${tensor.shape.join(", ")}]`;
    // Intermediate results inside of a kernel are known to the backend alone, tensors of other backends to TensorFlow.js alone.
    if (!data.has(tensor.dataId) && !tf.engine().state.tensorInfo.has(tensor.dataId))
      return new SnapfitError("TENSOR_DISPOSED", `${got}, after it was disposed. Keep it with tf.keep() or clone() it before.`, {
        cause: error,
      });
    if (error instanceof TypeError && (tensor.dtype === "complex64" || tensor.dtype === "string"))
      return new SnapfitError(
        "DTYPE_UNSUPPORTED",
        `${got}. It takes numbers that are not complex: cast it, or take tf.real() and tf.imag().`,
        {
          cause: error,
        },
      );
  }
  return error;
}

const noFallback: tf.KernelFunc = ({ inputs }) => {
  const shapes = Object.entries(inputs).map(([name, tensor]) => `${name}: ${tensor?.dtype} [${tensor?.shape.join(", ")}]`);
  throw new Error(`internal: a fused kernel of the native engine got inputs that it cannot take: ${shapes.join("; ")}.`);
};
