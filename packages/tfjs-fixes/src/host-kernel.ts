import * as tf from "@tensorflow/tfjs";

/** The arrays that hold numeric tensors in host memory. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: HostArray } };
  makeTensorInfo(shape: readonly number[], dtype: tf.DataType, values: HostArray): tf.TensorInfo;
}
interface WasmBackend {
  readonly dataIdMap: { get(dataId: object): unknown };
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): HostArray;
}

/**
 * Makes a tensor with a plain loop over host memory, on the cpu and wasm backends; never a blocking read.
 * @param fill gets the output, zeroed, and the values of `inputs` in place: it must not change those.
 */
export function computeOnHost(
  backend: object,
  inputs: readonly tf.TensorInfo[],
  shape: readonly number[],
  dtype: tf.DataType,
  fill: (output: HostArray, ...inputs: HostArray[]) => void,
): tf.TensorInfo {
  if ("typedArrayFromHeap" in backend) return computeOnHeap(backend as WasmBackend, inputs, shape, dtype, fill);
  const cpu = backend as CpuBackend;
  const output = allocate(tf.util.sizeFromShape([...shape]), dtype);
  fill(output, ...inputs.map((input) => cpu.data.get(input.dataId).values));
  return cpu.makeTensorInfo(shape, dtype, output);
}

function computeOnHeap(
  wasm: WasmBackend,
  inputs: readonly tf.TensorInfo[],
  ...[shape, dtype, fill]: [readonly number[], tf.DataType, (output: HostArray, ...inputs: HostArray[]) => void]
): tf.TensorInfo {
  // Both may grow the heap, which detaches every view of it: views are taken last.
  for (const input of inputs) wasm.dataIdMap.get(input.dataId);
  const output = wasm.makeOutput([...shape], dtype);
  const values = wasm.typedArrayFromHeap(output).fill(0);
  fill(values, ...inputs.map((input) => wasm.typedArrayFromHeap(input)));
  return output;
}

function allocate(size: number, dtype: tf.DataType): HostArray {
  return dtype === "float32" ? new Float32Array(size) : dtype === "int32" ? new Int32Array(size) : new Uint8Array(size);
}

/** The inputs of a kernel that are always there. */
export function required<Name extends string>(inputs: tf.NamedTensorInfoMap, ...names: readonly Name[]): Record<Name, tf.TensorInfo> {
  return Object.fromEntries(names.map((name) => [name, inputs[name]])) as Record<Name, tf.TensorInfo>;
}
