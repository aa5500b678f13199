import { nearestName, SnapfitError, type HostOutputs, type HostTensor } from "@snapfit/base";

/**
 * The output `name` of a batch.
 * @param option the metric's option that names it, for the message.
 * @throws SnapfitError `METRIC_INPUT` that names those that are there.
 */
export function readOutput(metric: string, option: string, name: string, outputs: HostOutputs): HostTensor {
  const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (tensor) return tensor;
  const names = Object.keys(outputs);
  const there = names.length > 0 ? `has ${names.join(", ")}` : "has none";
  const near = nearestName(name, names) ?? names[0] ?? "logits";
  throw inputError(
    metric,
    `found no output "${name}"; the batch ${there}. Return it under outputs in the step, or name another: ${metric}({ ${option}: "${near}" }).`,
  );
}

/** A `METRIC_INPUT` error. */
export function inputError(metric: string, message: string): SnapfitError<"METRIC_INPUT"> {
  return new SnapfitError("METRIC_INPUT", `${metric}() ${message}`);
}

/** Throws unless two outputs have the same number of samples. */
export function checkSameLength(metric: string, scores: HostTensor, labels: HostTensor): void {
  if (scores.shape[0] !== labels.shape[0]) {
    throw inputError(
      metric,
      `got scores [${scores.shape.join(", ")}] and labels [${labels.shape.join(", ")}]. Both have samples in their first dimension. Return the outputs of the same samples.`,
    );
  }
}
