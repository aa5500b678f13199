import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

interface CpuBackend extends tf.KernelBackend {
  readonly data: { get(dataId: object): { readonly values: Float32Array } };
}

/** Backends for tests: `cpu` and `wasm` of TensorFlow.js, and three that run the cpu kernels under another name. */
export type TestBackend = "cpu" | "wasm" | "device" | "native" | "no-blocking-read";

/** Makes a backend the current one. */
export async function useBackend(name: TestBackend): Promise<void> {
  register();
  await tf.setBackend(name);
  await tf.ready();
}

let isRegistered = false;

function register(): void {
  if (isRegistered) return;
  isRegistered = true;
  setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist/"));
  const Cpu = tf.findBackend("cpu").constructor as new () => CpuBackend;
  add(
    "device",
    new (class extends Cpu {
      // As a GPU: no values in host memory.
      hostValues(): undefined {}
    })(),
  );
  add(
    "native",
    new (class extends Cpu {
      hostValues(dataId: object): Float32Array {
        return this.data.get(dataId).values;
      }
    })(),
  );
  add(
    "no-blocking-read",
    new (class extends Cpu {
      override readSync(): never {
        throw new Error("blocking read");
      }
      override async read(dataId: object): Promise<Float32Array> {
        return this.data.get(dataId).values;
      }
    })(),
  );
}

function add(name: TestBackend, backend: tf.KernelBackend): void {
  tf.copyRegisteredKernels("cpu", name);
  tf.registerBackend(name, () => backend);
}
