/** Whether larger or smaller values are better. */
export type Mode = "max" | "min";

const smallerIsBetter = /(^|[/_])(loss|error|mse|rmse|mae|mape|perplexity|regularization)$/i;
const largerIsBetter =
  /(^|[/_])(acc|accuracy|top\d+|precision|recall|sensitivity|specificity|f1|auroc|auc|ap|map|iou|dice|r2|bleu|rouge\w*|psnr|ssim)(_f1)?$/i;

/** The direction that a name implies (`loss` and errors down, accuracies up), or undefined for a name that says nothing. */
export function directionOf(name: string): Mode | undefined {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  if (smallerIsBetter.test(spaced)) return "min";
  return largerIsBetter.test(spaced) ? "max" : undefined;
}
