export { attention, crossAttention, selfAttention, type AttentionOptions, type PackedAttentionOptions } from "./attention.js";
export { dropout } from "./dropout.js";
export { gelu, type GeluOptions } from "./gelu.js";
export { layerNorm } from "./layer-norm.js";
export { linear, type LinearOptions } from "./linear.js";
export type { OpsErrorCode } from "./ops-error-code.js";
export { softmaxCrossEntropy, type SoftmaxCrossEntropyOptions } from "./softmax-cross-entropy.js";
