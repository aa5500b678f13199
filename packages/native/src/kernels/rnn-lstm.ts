import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { type Elements, factorOf } from "./elements.js";
import { type RnnAttributes, rnnShape, rnnSizes } from "./rnn-shape.js";

type Optional = Float32Array | undefined;

interface LstmFunctions {
  lstmForward(
    x: Elements,
    kernel: Elements,
    bias: Optional,
    recurrentKernel: Elements,
    hidden: Optional,
    cell: Optional,
    sequence: Optional,
    lastHidden: Float32Array,
    lastCell: Float32Array,
    gates: Float32Array,
    cells: Float32Array,
    previous: Float32Array,
    shape: Int32Array,
  ): void;
  lstmBackward(
    sequence: Optional,
    lastHidden: Optional,
    lastCell: Optional,
    gates: Float32Array,
    cells: Float32Array,
    cell: Optional,
    recurrentKernel: Elements,
    gateGradients: Float32Array,
    hiddenGradient: Float32Array,
    cellGradient: Float32Array,
    bias: Float32Array,
    shape: Int32Array,
  ): void;
}

type LstmInputs = Inputs<"x" | "kernel" | "recurrentKernel", "bias" | "hidden" | "cell">;
type LstmGradInputs = Inputs<"gates" | "cells" | "recurrentKernel", "sequence" | "lastHidden" | "lastCell" | "cell">;

export const lstmKernels: KernelTable = {
  /**
   * x [batch, time, features], kernel [features, 4 units] and recurrentKernel [units, 4 units] with the gates i, f, c, o side by side, bias, and
   * the states before. Gives the output sequence (where `returnSequences`), the last hidden state and cell, and for the gradient: the gates
   * [batch, time, 4 units], the cells and the hidden states before each step [batch, time, units].
   */
  FusedLstm({ inputs, attrs, backend }: KernelArguments) {
    const { x, kernel, recurrentKernel, bias, hidden, cell } = inputs as LstmInputs;
    const attributes = attrs as RnnAttributes;
    const sizes = rnnSizes(x.shape, recurrentKernel);
    const { batch, time, units, width } = sizes;
    const sequence = attributes.returnSequences ? backend.takeFloats(batch * time * units) : undefined;
    const lastHidden = backend.takeFloats(batch * units);
    const lastCell = backend.takeFloats(batch * units);
    const gates = backend.takeFloats(batch * time * width);
    const cells = backend.takeFloats(batch * time * units);
    const previous = backend.takeFloats(batch * time * units);
    addon<LstmFunctions>().lstmForward(
      factorOf(backend, x),
      factorOf(backend, kernel),
      bias && backend.floats(bias),
      factorOf(backend, recurrentKernel),
      hidden && backend.floats(hidden),
      cell && backend.floats(cell),
      sequence,
      lastHidden,
      lastCell,
      gates,
      cells,
      previous,
      rnnShape(sizes, attributes),
    );
    return [
      ...(sequence ? [backend.own([batch, time, units], "float32", sequence)] : []),
      backend.own([batch, units], "float32", lastHidden),
      backend.own([batch, units], "float32", lastCell),
      backend.own([batch, time, width], "float32", gates),
      backend.own([batch, time, units], "float32", cells),
      backend.own([batch, time, units], "float32", previous),
    ];
  },

  /**
   * From the gradients of the results (left out: zero) to those of x kernel + h recurrentKernel + bias [batch, time, 4 units], of the hidden state
   * and of the cell before the first step, and of the bias.
   */
  FusedLstmGrad({ inputs, attrs, backend }: KernelArguments) {
    const { gates, cells, recurrentKernel, sequence, lastHidden, lastCell, cell } = inputs as LstmGradInputs;
    // The kernel of the inputs plays no part here.
    const sizes = rnnSizes([gates.shape[0]!, gates.shape[1]!, 0], recurrentKernel);
    const { batch, time, units, width } = sizes;
    const gateGradients = backend.takeFloats(batch * time * width);
    const hiddenGradient = backend.takeFloats(batch * units);
    const cellGradient = backend.takeFloats(batch * units);
    const bias = backend.takeFloats(width);
    addon<LstmFunctions>().lstmBackward(
      sequence && backend.floats(sequence),
      lastHidden && backend.floats(lastHidden),
      lastCell && backend.floats(lastCell),
      backend.floats(gates),
      backend.floats(cells),
      cell && backend.floats(cell),
      factorOf(backend, recurrentKernel),
      gateGradients,
      hiddenGradient,
      cellGradient,
      bias,
      rnnShape(sizes, attrs as RnnAttributes),
    );
    return [
      backend.own([batch, time, width], "float32", gateGradients),
      backend.own([width], "float32", bias),
      backend.own([batch, units], "float32", hiddenGradient),
      backend.own([batch, units], "float32", cellGradient),
    ];
  },
};
