import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { type Elements, factorOf } from "./elements.js";
import { type RnnAttributes, rnnShape, rnnSizes } from "./rnn-shape.js";

type Optional = Float32Array | undefined;

interface GruFunctions {
  gruForward(
    x: Elements,
    kernel: Elements,
    bias: Optional,
    recurrentKernel: Elements,
    hidden: Optional,
    sequence: Optional,
    lastHidden: Float32Array,
    gates: Float32Array,
    reset: Float32Array,
    previous: Float32Array,
    shape: Int32Array,
  ): void;
  gruBackward(
    sequence: Optional,
    lastHidden: Optional,
    gates: Float32Array,
    previous: Float32Array,
    recurrentKernel: Elements,
    gateGradients: Float32Array,
    hiddenGradient: Float32Array,
    bias: Float32Array,
    shape: Int32Array,
  ): void;
}

type GruInputs = Inputs<"x" | "kernel" | "recurrentKernel", "bias" | "hidden">;
type GruGradInputs = Inputs<"gates" | "previous" | "recurrentKernel", "sequence" | "lastHidden">;

export const gruKernels: KernelTable = {
  /**
   * x [batch, time, features], kernel [features, 3 units] and recurrentKernel [units, 3 units] with the gates z, r and the candidate side by side,
   * bias, and the state before. Gives the output sequence (where `returnSequences`), the last state, and for the gradient: the gates
   * [batch, time, 3 units], r times the state, and the states before each step [batch, time, units].
   */
  FusedGru({ inputs, attrs, backend }: KernelArguments) {
    const { x, kernel, recurrentKernel, bias, hidden } = inputs as GruInputs;
    const attributes = attrs as RnnAttributes;
    const sizes = rnnSizes(x.shape, recurrentKernel);
    const { batch, time, units, width } = sizes;
    const sequence = attributes.returnSequences ? backend.takeFloats(batch * time * units) : undefined;
    const lastHidden = backend.takeFloats(batch * units);
    const gates = backend.takeFloats(batch * time * width);
    const reset = backend.takeFloats(batch * time * units);
    const previous = backend.takeFloats(batch * time * units);
    addon<GruFunctions>().gruForward(
      factorOf(backend, x),
      factorOf(backend, kernel),
      bias && backend.floats(bias),
      factorOf(backend, recurrentKernel),
      hidden && backend.floats(hidden),
      sequence,
      lastHidden,
      gates,
      reset,
      previous,
      rnnShape(sizes, attributes),
    );
    return [
      ...(sequence ? [backend.own([batch, time, units], "float32", sequence)] : []),
      backend.own([batch, units], "float32", lastHidden),
      backend.own([batch, time, width], "float32", gates),
      backend.own([batch, time, units], "float32", reset),
      backend.own([batch, time, units], "float32", previous),
    ];
  },

  /**
   * From the gradients of the results (left out: zero) to those of the gates before their activations [batch, time, 3 units], of the bias and of
   * the state before the first step.
   */
  FusedGruGrad({ inputs, attrs, backend }: KernelArguments) {
    const { gates, previous, recurrentKernel, sequence, lastHidden } = inputs as GruGradInputs;
    // The kernel of the inputs plays no part here.
    const sizes = rnnSizes([gates.shape[0]!, gates.shape[1]!, 0], recurrentKernel);
    const { batch, time, units, width } = sizes;
    const gateGradients = backend.takeFloats(batch * time * width);
    const hiddenGradient = backend.takeFloats(batch * units);
    const bias = backend.takeFloats(width);
    addon<GruFunctions>().gruBackward(
      sequence && backend.floats(sequence),
      lastHidden && backend.floats(lastHidden),
      backend.floats(gates),
      backend.floats(previous),
      factorOf(backend, recurrentKernel),
      gateGradients,
      hiddenGradient,
      bias,
      rnnShape(sizes, attrs as RnnAttributes),
    );
    return [
      backend.own([batch, time, width], "float32", gateGradients),
      backend.own([width], "float32", bias),
      backend.own([batch, units], "float32", hiddenGradient),
    ];
  },
};
