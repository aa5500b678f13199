import { placeLayers } from "../layer-paths.js";
import { isLayersModel } from "../model.js";
import type { TrainedModel } from "../trained-model.js";
import { padText, textWidth } from "./text-width.js";

/** A table of layers (or parameters, where the model has no layers) with shapes and counts, and the totals below. */
export function modelSummary(model: TrainedModel): string {
  const rows = isLayersModel(model.source)
    ? placeLayers(model.source).map(({ path, layer }) => [
        path,
        layer.getClassName(),
        shapeText(layer.outputShape),
        layer.countParams().toLocaleString("en"),
      ])
    : [...model.weights()].map(([path, variable]) => [
        path,
        variable.trainable ? "parameter" : "buffer",
        shapeText(variable.shape),
        variable.size.toLocaleString("en"),
      ]);
  const head = isLayersModel(model.source) ? ["Layer", "Type", "Output", "Parameters"] : ["Name", "Kind", "Shape", "Values"];
  const widths = head.map((title, column) => Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column]!))));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 3 ? " ".repeat(widths[i]! - textWidth(cell)) + cell : padText(cell, widths[i]!))).join("  ");
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const count = (variables: Iterable<{ size: number }>): number => [...variables].reduce((sum, { size }) => sum + size, 0);
  const total = count(model.weights().values());
  const trainable = count(model.parameters().values());
  return [
    line(head),
    rule,
    ...rows.map(line),
    rule,
    `${total.toLocaleString("en")} parameters, ${trainable.toLocaleString("en")} trainable`,
  ].join("\n");
}

function shapeText(shape: unknown): string {
  if (Array.isArray(shape) && Array.isArray(shape[0])) return shape.map(shapeText).join(" ");
  return `[${(shape as (number | null)[]).map((length) => length ?? "batch").join(", ")}]`;
}
