// A transform for threads and for the main thread: the number, and one that is drawn.

/**
 * @param {{ x: import("@snapfit/base").HostTensor }} sample
 * @param {import("@snapfit/data").TransformContext} context
 */
export default ({ x }, { random, index, pass }) => ({ x, noise: random.uniform(), index, pass });
