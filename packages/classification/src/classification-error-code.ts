/** Why a classifier refuses something; `code` of the SnapfitError. */
export type ClassificationErrorCode = "OPTION_INVALID" | "BATCH_KEY" | "LABEL_SHAPE" | "LABEL_RANGE" | "LOGITS_SHAPE";
