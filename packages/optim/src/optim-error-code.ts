/** The codes of the SnapfitErrors that this package throws; each is explained in its README. */
export type OptimErrorCode =
  | "GRADIENT_MISMATCH"
  | "MOMENTUM_INVALID"
  | "OPTIMIZER_STATE"
  | "OPTION_INVALID"
  | "OPTION_UNKNOWN"
  | "RATE_INVALID"
  | "SCHEDULE_STATE";
