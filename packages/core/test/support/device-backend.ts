import * as tf from "@tensorflow/tfjs";

interface CpuBackend extends tf.KernelBackend {
  firstUse: boolean;
}

export const DEVICE = "test-device";
let kernelDepth = 0;
/** Blocking reads so far. Kernels read their own inputs, which is no read of the device. */
export const blockingReads: string[] = [];

/** Registers a backend that computes as cpu does, but keeps its data from the host: `readSync` throws, `data()` answers later. Repeated calls are harmless. */
export async function registerDeviceBackend(): Promise<void> {
  if (tf.findBackendFactory(DEVICE) !== null) return;
  await tf.setBackend("cpu");
  const Cpu = tf.backend().constructor as new () => CpuBackend & { readSync(dataId: object): tf.BackendValues };
  class DeviceBackend extends Cpu {
    /** The library's own question for host memory. */
    hostValues(): undefined {}
    override readSync(dataId: object): tf.BackendValues {
      if (kernelDepth > 0) return super.readSync(dataId);
      blockingReads.push(new Error("blocking read").stack!);
      throw new Error("a blocking read of the device");
    }
    override async read(dataId: object): Promise<tf.BackendValues> {
      const values = super.readSync(dataId);
      await new Promise((resolve) => setImmediate(resolve));
      return values;
    }
  }
  tf.registerBackend(DEVICE, () => {
    const backend = new DeviceBackend();
    backend.firstUse = false;
    return backend;
  });
  for (const kernel of tf.getKernelsForBackend("cpu")) {
    const kernelFunc: tf.KernelFunc = (parameters) => {
      kernelDepth += 1;
      try {
        return kernel.kernelFunc(parameters);
      } finally {
        kernelDepth -= 1;
      }
    };
    tf.registerKernel({ ...kernel, backendName: DEVICE, kernelFunc });
  }
}
