import type { KernelTable } from "./kernel.js";
import { biasGradientKernels } from "./kernels/bias-gradient.js";
import { attentionKernels } from "./kernels/attention.js";
import { dataMovementKernels } from "./kernels/data-movement.js";
import { poolKernels } from "./kernels/pool.js";
import { convolutionKernels } from "./kernels/convolution.js";
import { dropoutKernels } from "./kernels/dropout.js";
import { geluKernels } from "./kernels/gelu.js";
import { lossKernels } from "./kernels/loss.js";
import { matMulKernels } from "./kernels/mat-mul.js";
import { normTrainingKernels } from "./kernels/norm-training.js";
import { normKernels } from "./kernels/norm.js";
import { rnnKernels } from "./kernels/rnn.js";
import { softmaxKernels } from "./kernels/softmax.js";
import { activationGradientKernels } from "./kernels/activation-gradient.js";
import { unaryKernels } from "./kernels/unary.js";
import { binaryKernels } from "./kernels/binary.js";
import { compareKernels } from "./kernels/compare.js";
import { castKernels } from "./kernels/cast.js";
import { selectKernels } from "./kernels/select.js";
import { reduceKernels } from "./kernels/reduce.js";
import { alongAxisKernels } from "./kernels/along-axis.js";
import { broadcastScaledKernels } from "./kernels/broadcast-scaled.js";

/** Every kernel of ours. */
export const kernelTables: readonly KernelTable[] = [
  biasGradientKernels,
  attentionKernels,
  dataMovementKernels,
  convolutionKernels,
  dropoutKernels,
  geluKernels,
  lossKernels,
  matMulKernels,
  normKernels,
  normTrainingKernels,
  poolKernels,
  rnnKernels,
  softmaxKernels,
  activationGradientKernels,
  unaryKernels,
  binaryKernels,
  compareKernels,
  castKernels,
  selectKernels,
  reduceKernels,
  alongAxisKernels,
  broadcastScaledKernels,
];
