import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { PooledArray } from "../buffer-pool.js";
import type { Inputs, KernelTable } from "../kernel.js";
import type { NativeBackend } from "../native-backend.js";
import { canMove, sizeOf, storedArray, stridedCopy, stridesOf, takeLike } from "./strided-copy.js";

interface PadFunctions {
  pad(from: PooledArray, to: PooledArray, value: PooledArray, geometry: Int32Array): void;
}

type Paddings = readonly (readonly [before: number, after: number])[];

const maxRank = 16;
const geometry = new Int32Array(1 + 3 * maxRank);
const zeroOfKind = new Map<unknown, PooledArray>([Float32Array, Int32Array, Uint8Array, Uint16Array].map((kind) => [kind, new kind(1)]));

/** Puts a constant around `x`; undefined where the cpu backend has to. */
export function padded(backend: NativeBackend, x: tf.TensorInfo, paddings: Paddings, constant: number): tf.TensorInfo | undefined {
  const shape = x.shape.map((length, axis) => paddings[axis]![0] + length + paddings[axis]![1]);
  const size = sizeOf(shape);
  // What is cut off is no padding.
  if (!canMove([x], size, shape.length) || paddings.some(([before, after]) => before < 0 || after < 0)) return undefined;
  const source = constant === 0 ? storedArray(backend, x) : (backend.memoryOf(x).values as PooledArray);
  const target = takeLike(backend, source, size);
  if (size > 0) {
    geometry[0] = shape.length;
    x.shape.forEach((length, axis) => geometry.set([paddings[axis]![0], length, paddings[axis]![1]], 1 + 3 * axis));
    const value = constant === 0 ? zeroOfKind.get(source.constructor)! : (source.constructor as Float32ArrayConstructor).of(constant);
    addon<PadFunctions>().pad(source, target, value, geometry);
  }
  return backend.own(shape, x.dtype, target);
}

/** A run of indices along one axis of the result, read from `from` on, forwards or backwards. */
interface Segment {
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly step: 1 | -1;
}

/** What lies along a mirrored axis: the mirrored beginning, the axis itself, the mirrored end. `skip` is 1 where the edge is not repeated. */
function mirroredSegments(length: number, [before, after]: readonly [number, number], skip: 0 | 1): Segment[] {
  const segments: Segment[] = [
    { count: before, from: before - 1 + skip, to: 0, step: -1 },
    { count: length, from: 0, to: before, step: 1 },
    { count: after, from: length - 1 - skip, to: before + length, step: -1 },
  ];
  return segments.filter(({ count }) => count > 0);
}

export const padKernels: KernelTable = {
  PadV2({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { paddings, constantValue } = attrs as tf.PadV2Attrs;
    return padded(backend, x, paddings, constantValue);
  },

  MirrorPad({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { paddings, mode } = attrs as tf.MirrorPadAttrs;
    const shape = x.shape.map((length, axis) => paddings[axis]![0] + length + paddings[axis]![1]);
    const size = sizeOf(shape);
    if (!canMove([x], size, shape.length) || sizeOf(x.shape) === 0) return undefined;
    const source = storedArray(backend, x);
    const target = takeLike(backend, source, size);
    const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
    const segmentsOfAxis = x.shape.map((length, axis) => mirroredSegments(length, paddings[axis]!, mode === "reflect" ? 1 : 0));
    // One copy for each combination of segments: nine for images.
    const copyBlocks = (chosen: readonly Segment[]): void => {
      const axis = chosen.length;
      if (axis < shape.length) {
        for (const segment of segmentsOfAxis[axis]!) copyBlocks([...chosen, segment]);
        return;
      }
      stridedCopy(source, target, {
        counts: chosen.map(({ count }) => count),
        from: chosen.map(({ step }, i) => step * from[i]!),
        to,
        fromOffset: chosen.reduce((sum, segment, i) => sum + segment.from * from[i]!, 0),
        toOffset: chosen.reduce((sum, segment, i) => sum + segment.to * to[i]!, 0),
      });
    };
    copyBlocks([]);
    return backend.own(shape, x.dtype, target);
  },
};
