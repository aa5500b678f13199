import * as tf from "@tensorflow/tfjs";

const maxRank = 8;

/** How the addon walks over two tensors and their result: `[rank, dims..., steps of a..., steps of b...]`, filled by {@link broadcast}. */
export const broadcastGeometry: Int32Array = new Int32Array(1 + 3 * maxRank);

// Groups of dims that are walked as one, innermost first.
const dims = new Array<number>(maxRank);
const stepsA = new Array<number>(maxRank);
const stepsB = new Array<number>(maxRank);

function setFlat(size: number, stepA: number, stepB: number): void {
  broadcastGeometry[0] = 1;
  broadcastGeometry[1] = size;
  broadcastGeometry[2] = stepA;
  broadcastGeometry[3] = stepB;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/**
 * Fills {@link broadcastGeometry} for two shapes and gives the shape of the result. Sizes are those of the tensors' arrays.
 * @returns undefined where the addon cannot: the result has 2^31 elements or more. @throws where the shapes do not fit
 */
export function broadcast(
  shapeA: readonly number[],
  sizeA: number,
  shapeB: readonly number[],
  sizeB: number,
): readonly number[] | undefined {
  if (isSame(shapeA, shapeB)) {
    setFlat(sizeA, 1, 1);
    return shapeA;
  }
  if (sizeB === 1 && shapeB.length <= shapeA.length) {
    setFlat(sizeA, 1, 0);
    return shapeA;
  }
  if (sizeA === 1 && shapeA.length <= shapeB.length) {
    setFlat(sizeB, 0, 1);
    return shapeB;
  }
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(shapeA as number[], shapeB as number[]);
  return tf.util.sizeFromShape(shape) < 2 ** 31 && setGroups(shapeA, shapeB, shape) ? shape : undefined;
}

/** Neighbouring dims that are repeated alike are one group; dims of 1 are none. */
function setGroups(shapeA: readonly number[], shapeB: readonly number[], shape: readonly number[]): boolean {
  let numGroups = 0;
  let [strideA, strideB] = [1, 1];
  let [wasFullA, wasFullB] = [false, false];
  for (let fromEnd = 1; fromEnd <= shape.length; fromEnd++) {
    const dim = shape[shape.length - fromEnd]!;
    if (dim === 1) continue;
    const isFullA = fromEnd <= shapeA.length && shapeA[shapeA.length - fromEnd] === dim;
    const isFullB = fromEnd <= shapeB.length && shapeB[shapeB.length - fromEnd] === dim;
    if (numGroups > 0 && isFullA === wasFullA && isFullB === wasFullB) {
      dims[numGroups - 1]! *= dim;
    } else {
      if (numGroups === maxRank) return false;
      dims[numGroups] = dim;
      stepsA[numGroups] = isFullA ? strideA : 0;
      stepsB[numGroups] = isFullB ? strideB : 0;
      numGroups++;
    }
    if (isFullA) strideA *= dim;
    if (isFullB) strideB *= dim;
    [wasFullA, wasFullB] = [isFullA, isFullB];
  }
  if (numGroups === 0) {
    setFlat(1, 1, 1);
    return true;
  }
  broadcastGeometry[0] = numGroups;
  for (let group = 0; group < numGroups; group++) {
    const axis = numGroups - group;
    broadcastGeometry[axis] = dims[group]!;
    broadcastGeometry[axis + numGroups] = stepsA[group]!;
    broadcastGeometry[axis + 2 * numGroups] = stepsB[group]!;
  }
  return true;
}
