import type * as tf from "@tensorflow/tfjs";
import { type FixDefinition, kernelFix } from "./fix.js";
import type { HostArray } from "./host-kernel.js";

interface CpuData {
  readonly data: { get(dataId: object): { values: HostArray | Uint8Array[] } };
}

/** Wraps a cpu kernel so that no output shares the memory of the input: what is updated in place later must not change it. */
function ownMemory(original: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { data } = args.backend as CpuData;
    const [input] = Object.values(args.inputs);
    const source = data.get(input!.dataId).values;
    const outputs = original(args);
    for (const output of Array.isArray(outputs) ? outputs : [outputs]) {
      const entry = data.get(output.dataId);
      const isShared = ArrayBuffer.isView(entry.values) && ArrayBuffer.isView(source) && entry.values.buffer === source.buffer;
      // The whole tensor under the same id is a clone, which counts references.
      if (isShared && output.dataId !== input!.dataId) entry.values = entry.values.slice() as HostArray;
    }
    return outputs;
  };
}

const copying = (op: string): FixDefinition =>
  kernelFix(
    { op, wrong: "A contiguous part is a view of the source's memory, so that an update in place of one changes the other." },
    ["cpu"],
    (original) => ownMemory(original!),
  );

/** All cpu kernels that take parts with the shared slice: each calls it directly, not through the registry. */
export const cpuSliceCopies: readonly FixDefinition[] = ["Slice", "SplitV", "Unpack", "StridedSlice"].map(copying);
