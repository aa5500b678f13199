/** Activations that a product or a convolution applies to its result, in the order of the addon's numbers. */
export const fusedActivations = ["linear", "relu", "relu6", "elu", "sigmoid", "tanh"] as const;
export type FusedActivation = (typeof fusedActivations)[number];
