import * as tf from "@tensorflow/tfjs";

/** What one kernel did in a profiled run. */
export interface KernelUse {
  readonly kernel: string;
  readonly isFallback: boolean;
  readonly count: number;
  readonly totalMs: number;
}

interface Selected {
  readonly unavailable?: string;
  readonly note?: string | undefined;
  profile?(run: () => unknown): Promise<KernelUse[]>;
}

/** What of the native engine is used. It is imported when it is asked for, so that no other engine pays for it. */
interface NativeEngine {
  profileKernels(run: () => unknown): Promise<KernelUse[]>;
  setPrecision(precision: "f32" | "bf16" | "auto"): { readonly reason: string };
}

/** Makes TensorFlow.js compute on an engine of the benchmark. */
export async function selectEngine(engine: string): Promise<Selected> {
  switch (engine) {
    case "native":
      return await selectNative("f32");
    case "native-bf16":
      return await selectNative("auto");
    case "native-bf16-forced":
      return await selectNative("bf16");
    case "tfjs-node": {
      // Not a dependency: it is installed beside a copy of this program.
      const name: string = "@tensorflow/tfjs-node";
      await import(name);
      await useBackend("tensorflow");
      return { note: "tf.train optimizers" };
    }
    default:
      await useBackend(engine);
      return {};
  }
}

async function selectNative(precision: "f32" | "bf16" | "auto"): Promise<Selected> {
  let native: NativeEngine;
  try {
    native = (await import("@snapfit/native")) as object as NativeEngine;
    await useBackend("native");
  } catch (error) {
    return { unavailable: `The native engine does not load: ${error instanceof Error ? error.message : String(error)}` };
  }
  const { reason } = native.setPrecision(precision);
  return { profile: native.profileKernels, ...(precision !== "f32" && { note: reason }) };
}

/** A backend that fails to start gives way to another one silently. */
async function useBackend(name: string): Promise<void> {
  await tf.setBackend(name);
  await tf.ready();
  if (tf.getBackend() !== name) throw new Error(`TensorFlow.js computes on "${tf.getBackend()}", not on "${name}".`);
}
