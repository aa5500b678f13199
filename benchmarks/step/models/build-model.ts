import type { StepCase } from "../cases.js";
import type { TrainedModel } from "../trained-model.js";
import { cnn } from "./cnn.js";
import { lstm } from "./lstm.js";
import { mlp } from "./mlp.js";
import { resNet18 } from "./resnet18.js";
import { seq2seq } from "./seq2seq.js";

/** The model of a case and its batch, on the current backend. */
export function buildModel(settings: StepCase): TrainedModel {
  switch (settings.model) {
    case "mlp":
      return mlp(settings);
    case "cnn":
      return cnn(settings);
    case "resnet18":
      return resNet18(settings);
    case "seq2seq":
      return seq2seq(settings);
    case "lstm":
      return lstm(settings);
  }
}
