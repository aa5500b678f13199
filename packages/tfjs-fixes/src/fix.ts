import * as tf from "@tensorflow/tfjs";

/** What {@link applyFixes} has put right. */
export interface Fix {
  /** The kernel, gradient or layer class. */
  readonly op: string;
  /** The backend that was wrong; `"all"` for gradients and layers, which TF.js shares between backends. */
  readonly backend: string;
  /** What TF.js 4.22 does without the fix, in one sentence. */
  readonly wrong: string;
}

/** A fix as this package keeps it: one per file. */
export interface FixDefinition {
  readonly op: string;
  readonly backends: "all" | readonly string[];
  readonly wrong: string;
  install(backendName: string): void;
}

/**
 * A kernel that replaces `op` on each of `backends`, or adds it where it is missing.
 * `make` gets the kernel in place, undefined where there is none.
 */
export function kernelFix(
  fix: Omit<FixDefinition, "install" | "backends">,
  backends: readonly string[],
  make: (original: tf.KernelFunc | undefined, backendName: string) => tf.KernelFunc,
): FixDefinition {
  return {
    ...fix,
    backends,
    install(backendName) {
      const original = tf.getKernel(fix.op, backendName) as tf.KernelConfig | undefined;
      if (original !== undefined) tf.unregisterKernel(fix.op, backendName);
      // The set-up of the original stays: fixes that call it need it when the backend starts later than the fix.
      tf.registerKernel({ ...original, kernelName: fix.op, backendName, kernelFunc: make(original?.kernelFunc, backendName) });
    },
  };
}

/** A gradient that replaces or adds the one of `op`, on every backend. */
export function gradientFix(fix: Omit<FixDefinition, "install" | "backends">, gradient: Omit<tf.GradConfig, "kernelName">): FixDefinition {
  return {
    ...fix,
    backends: "all",
    install() {
      if ((tf.getGradient(fix.op) as tf.GradConfig | undefined) !== undefined) tf.unregisterGradient(fix.op);
      tf.registerGradient({ ...gradient, kernelName: fix.op });
    },
  };
}

/** A change to a layer class of TF.js, which all layers of that class share. */
export function layerFix(fix: Omit<FixDefinition, "install" | "backends">, patch: (prototype: LayerPrototype) => void): FixDefinition {
  return {
    ...fix,
    backends: "all",
    install() {
      // Building a layer to get at its class would shift the names of the user's layers.
      const registered = tf.serialization.SerializationMap.getMap().classNameMap[fix.op];
      if (registered !== undefined) patch(registered[0].prototype as unknown as LayerPrototype);
    },
  };
}

/** The method of a layer class that layer fixes wrap. */
export interface LayerPrototype {
  call(this: object, inputs: tf.Tensor | tf.Tensor[], options: { readonly training?: boolean }): tf.Tensor | tf.Tensor[];
}
