/** One step of an optimizer over several parameters; the lists run parallel. */
export interface FusedUpdate {
  /** The formula. `adam` is Adam, AdamW and RAdam; `gradientDescent` and `momentum` are SGD; `lookahead` pulls weights to slow ones. */
  readonly kernel:
    | "adadelta"
    | "adafactor"
    | "adagrad"
    | "adam"
    | "adamax"
    | "amsgrad"
    | "gradientDescent"
    | "lamb"
    | "lion"
    | "lookahead"
    | "momentum"
    | "nadam"
    | "rmsProp"
    | "rmsPropMomentum";
  /** The constants of all parameters, one behind the other, in the order of the kernel. */
  readonly constants: Float64Array;
  readonly values: readonly Float32Array[];
  readonly gradients: readonly Float32Array[];
  /** The slots of all parameters, one parameter behind the other. */
  readonly slots: readonly Float32Array[];
}

/** What a backend that keeps tensors in host memory may offer, so that optimizers work in place on it: methods on the backend object. */
export interface HostMemoryBackend {
  /** The live float32 values of a tensor of this backend, undefined if they are not in host memory. The array is used at once and never kept. */
  hostValues(dataId: object): Float32Array | undefined;
  /** The values of a tensor are about to change in place: what was derived from them is stale. */
  markWritten?(dataId: object): void;
  /** Updates values and slots in place. */
  updateParameters?(update: FusedUpdate): void;
  /** For each array the sum of the squares, in float64. */
  sumsOfSquares?(arrays: readonly Float32Array[]): Float64Array;
}
