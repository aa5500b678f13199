import { averagePool3dGradient, averagePoolGradient } from "./average-pool-gradient.js";
import { batchNormalizationLayer } from "./batch-normalization-layer.js";
import { broadcastGradients } from "./broadcast-gradients.js";
import { clipByValue } from "./clip-by-value.js";
import { cumsumGradient } from "./cumsum-gradient.js";
import { cpuSliceCopies } from "./cpu-slice-copies.js";
import { comparisonGradients } from "./comparison-gradients.js";
import { conv2dGradient, depthwiseConv2dGradient } from "./dilated-convolution-gradient.js";
import { dilatedConv2dLayer } from "./dilated-conv2d-layer.js";
import { dilation2d, dilation2dFilterGradient, dilation2dInputGradient } from "./dilation2d.js";
import type { FixDefinition } from "./fix.js";
import { prodGradient, unpackGradient } from "./gradient-arguments.js";
import { gather } from "./gather.js";
import { matMulBroadcast } from "./mat-mul-broadcast.js";
import { matMulGradient } from "./mat-mul-gradient.js";
import { maxPool3d } from "./max-pool-3d.js";
import { maxPool3dGradient, maxPoolGradient } from "./max-pool-gradient.js";
import { mirrorPadGradient } from "./mirror-pad-gradient.js";
import { oneHot } from "./one-hot.js";
import { resizeBilinearGradient } from "./resize-bilinear-gradient.js";
import { resizeNearestNeighborGradient } from "./resize-nearest-neighbor-gradient.js";
import { unsortedSegmentSum } from "./unsorted-segment-sum.js";
import { wasmConv2dFilterGradient, wasmConv2dInputGradient } from "./wasm-conv2d-gradients.js";
import { wasmConv3dFilterGradient, wasmConv3dInputGradient } from "./wasm-conv3d-gradients.js";
import { wasmDepthwiseFilterGradient, wasmDepthwiseInputGradient } from "./wasm-depthwise-gradients.js";
import { wasmTransposedMatMul } from "./wasm-transposed-mat-mul.js";
import { webgpuCumulative } from "./webgpu-cumulative.js";

/** Every fix of this package. */
export const fixes: readonly FixDefinition[] = [
  // On every backend: gradients and layers.
  mirrorPadGradient,
  matMulGradient,
  cumsumGradient,
  resizeBilinearGradient,
  ...comparisonGradients,
  ...broadcastGradients,
  prodGradient,
  unpackGradient,
  conv2dGradient,
  depthwiseConv2dGradient,
  batchNormalizationLayer,
  dilatedConv2dLayer,
  // Kernels.
  wasmTransposedMatMul,
  matMulBroadcast,
  averagePoolGradient,
  averagePool3dGradient,
  resizeNearestNeighborGradient,
  gather,
  unsortedSegmentSum,
  ...cpuSliceCopies,
  maxPoolGradient,
  maxPool3d,
  maxPool3dGradient,
  dilation2d,
  dilation2dInputGradient,
  dilation2dFilterGradient,
  clipByValue,
  oneHot,
  wasmConv2dFilterGradient,
  wasmConv2dInputGradient,
  wasmConv3dInputGradient,
  wasmConv3dFilterGradient,
  wasmDepthwiseInputGradient,
  wasmDepthwiseFilterGradient,
  ...webgpuCumulative,
];
