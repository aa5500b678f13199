import { layOutSafetensors, type SafetensorsMetadata } from "./lay-out.js";
import type { SafetensorsTensor } from "./parse-safetensors.js";
import { quoted, safetensorsError } from "./safetensors-error.js";
import { tensorBytes } from "./tensor-size.js";

export interface SafetensorsWriteOptions {
  /** Free texts by key, such as `{ format: "pt" }`, which PyTorch's readers ask for. */
  readonly metadata?: SafetensorsMetadata;
}

/**
 * A file in memory. For large ones `writeSafetensors` holds one tensor at a time.
 * @throws SnapfitError `BYTES_MISMATCH` and those of `layOutSafetensors`.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  options: SafetensorsWriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const { header, order, fileBytes } = layOutSafetensors(tensors, options.metadata);
  const file = new Uint8Array(fileBytes);
  file.set(header);
  let offset = header.length;
  for (const name of order) {
    const tensor = tensors.get(name)!;
    checkBytes(name, tensor, tensor.bytes);
    file.set(tensor.bytes, offset);
    offset += tensor.bytes.length;
  }
  return file;
}

/** @throws SnapfitError `BYTES_MISMATCH` if these are not the bytes of the tensor. */
export function checkBytes(name: string, { dtype, shape }: Pick<SafetensorsTensor, "dtype" | "shape">, bytes: Uint8Array): void {
  const expected = tensorBytes(name, dtype, shape);
  if (bytes.length !== expected)
    throw safetensorsError(
      "BYTES_MISMATCH",
      `Tensor ${quoted(name)}, ${dtype} [${shape.join(", ")}], comes with ${bytes.length} bytes. It takes ${expected}. Check dtype and shape.`,
    );
}
