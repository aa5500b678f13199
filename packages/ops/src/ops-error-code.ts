/** Why an operation refuses its arguments; `code` of the SnapfitError. */
export type OpsErrorCode = "SHAPE_MISMATCH" | "OPTION_INVALID" | "LABEL_RANGE" | "GRADIENT_MISSING";
