import { isHostTensor, SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { toHostTensor } from "../batch.js";
import { differentiatedLoss } from "../differentiated-loss.js";
import { gradientsOf } from "../gradients.js";
import { prepareBatch } from "../prepare-batch.js";
import { keepResult, nextTensorId } from "../read-step-result.js";
import type { Session } from "../session.js";
import { StepPass } from "../step-pass.js";
import { withStateSnapshot } from "../swap-weights.js";
import { runSection } from "../sync-section.js";
import { arraysOf, firstSamples } from "./batch-arrays.js";
import { LayerValues } from "./layer-values.js";
import { ObservedLayers, type ObservedLayer } from "./observed-layers.js";
import { observeTape, peakBytesOf, type FailedGradient } from "./observed-tape.js";
import { CheckReport, type CheckFinding, type MemoryEstimate } from "./report.js";

/** A dry run of one training step on a trainer that is ready: nothing of its state is different afterwards. */
export async function checkBatch(session: Session, batch: unknown): Promise<CheckReport> {
  const { phase } = session;
  return withStateSnapshot(session, async () => {
    session.phase = "train";
    try {
      return await findAll(session, batch);
    } finally {
      session.release();
      session.phase = phase;
    }
  });
}

async function findAll(session: Session, batch: unknown): Promise<CheckReport> {
  const findings = await batchFindings(batch);
  const numSamples = session.trainer.batchSize(batch);
  if (numSamples === 0)
    throw new SnapfitError("BATCH_SIZE", "check() got a batch of 0 samples. At least two tell most. Take one as the loader yields it.");
  const values = new LayerValues(numSamples);
  const layers = new ObservedLayers(session.model.source, values.observe);
  try {
    const { result, failed } = observeTape(
      () => layers.running,
      () => trainingPass(session, batch, numSamples),
    );
    findings.push(...(await values.findings()), ...opFindings(failed));
    if (failed.length > 0) return new CheckReport(findings, undefined);
    const { losses, largest } = result;
    if (findings.every(({ code }) => code !== "NOT_FINITE")) findings.push(...(await lossFindings(losses)));
    findings.push(...(losses.length === 0 && session.optimizers.length > 0 ? [NO_LOSS] : await gradientFindings(largest)));
  } catch (error) {
    findings.push(...(await values.findings()), failureFinding(layers.failed, error));
    return new CheckReport(findings, undefined);
  } finally {
    layers.restore();
    values.dispose();
    session.release();
  }
  return new CheckReport(findings, memoryEstimate(session, batch, numSamples));
}

const NO_LOSS: CheckFinding = {
  severity: "warning",
  code: "NO_GRADIENT",
  where: undefined,
  message: "The step returns no loss, so nothing is trained. Return it from trainingStep: { loss }.",
};

/** What `trainingPass` has found out about a parameter: the largest gradient, or none. */
type LargestGradients = ReadonlyMap<string, tf.Tensor | undefined>;

interface PassResult {
  readonly losses: readonly tf.Tensor[];
  readonly largest: LargestGradients;
}

/** Forward and backward pass of all optimizers. @returns scalars: losses, and of the parameters of those that have one; owned by the session */
function trainingPass(session: Session, batch: unknown, numSamples: number): PassResult {
  const { trainer, model, optimizers } = session;
  session.pass = new StepPass(1); // what is logged in it is dropped with it
  session.stepWeight = trainer.batchWeight(batch);
  const section = session.section("check", 0, 0, numSamples);
  const prepared = prepareBatch(session, batch, section);
  const losses: tf.Tensor[] = [];
  const largest = new Map<string, tf.Tensor | undefined>();
  for (const slot of optimizers.length > 0 ? optimizers : [undefined]) {
    session.activeSlot = slot;
    const parameters = slot?.parametersOf(model.parameters()) ?? model.parameters();
    let hasLoss = false;
    const loss = (): tf.Scalar => {
      const before = nextTensorId();
      const returned = trainer.computeLoss(prepared.batch, 0);
      keepResult(session, returned, "trainingStep", before);
      hasLoss = returned.loss !== undefined;
      if (returned.loss === undefined) return tf.scalar(0);
      const value = differentiatedLoss(trainer, returned.loss, model.regularization(), before);
      const kept = tf.keep(tf.clone(value));
      session.ownOne(kept);
      losses.push(kept);
      return value;
    };
    const gradients = runSection(section, () => gradientsOf(loss, parameters));
    session.own(gradients.values());
    for (const path of hasLoss ? parameters.keys() : []) {
      const gradient = gradients.get(path);
      const size = gradient && tf.keep(tf.tidy(() => tf.max(tf.abs(gradient))));
      if (size !== undefined) session.ownOne(size);
      largest.set(path, size ?? largest.get(path));
    }
  }
  return { losses, largest };
}

async function lossFindings(losses: readonly tf.Tensor[]): Promise<CheckFinding[]> {
  const values = await Promise.all(losses.map(async (loss) => (await loss.data())[0]!));
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return [];
  const message = `The loss is ${wrong}, though all layers give finite values. Look at logarithms, roots and divisions in the step.`;
  return [{ severity: "error", code: "NOT_FINITE", where: undefined, message }];
}

/** NaN and infinite values in what the loader yields. */
async function batchFindings(batch: unknown): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const { place, array } of arraysOf(batch)) {
    if (array.dtype !== "float32") continue;
    const { data } = isHostTensor(array) ? array : await toHostTensor(array);
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const sample = Math.floor(at / (data.length / array.shape[0]!));
    findings.push({
      severity: "error",
      code: "NOT_FINITE",
      where: place,
      message: `"${place}" of the batch holds ${data[at]} (first in sample ${sample}). Weights become NaN from it. Fill in or leave out such values in the loader.`,
    });
  }
  return findings;
}

function failureFinding(failed: ObservedLayers["failed"], error: unknown): CheckFinding {
  const reason = error instanceof Error ? error.message : String(error);
  if (failed === undefined)
    return {
      severity: "error",
      code: "STEP_FAILED",
      where: undefined,
      message: `The step failed outside of the model's layers: ${reason}`,
    };
  const { layer, inputs } = failed;
  const given = inputs.map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(" and ") || "no tensor";
  return {
    severity: "error",
    code: "STEP_FAILED",
    where: layer.path,
    message: `${layer.name} failed on ${given}${expectation(layer)}: ${reason}`,
  };
}

/** What a layer was built for. */
function expectation({ layer }: ObservedLayer): string {
  const built = (layer?.inboundNodes[0]?.inputShapes ?? []) as (number | null)[][];
  if (built.length === 0) return "";
  return `; it was built for ${built.map((shape) => `[${shape.map((length) => length ?? "batch").join(", ")}]`).join(" and ")}`;
}

function opFindings(failed: readonly FailedGradient<ObservedLayer>[]): CheckFinding[] {
  const messages = new Map(
    failed.map(({ op, layer, reason }) => {
      const message = `${layer?.name ?? "The step, outside of the model's layers,"} uses ${op}, whose gradient cannot be computed on ${tf.getBackend()}: ${reason}. Use another operation, or another device.`;
      return [message, layer?.path] as const;
    }),
  );
  return [...messages].map(([message, where]) => ({ severity: "error", code: "NO_GRADIENT_OF_OP", where, message }));
}

async function gradientFindings(largest: LargestGradients): Promise<CheckFinding[]> {
  const sizes = await Promise.all([...largest].map(async ([path, size]) => ({ path, size: size && (await size.data())[0]! })));
  const missing = sizes.filter(({ size }) => size === undefined).map(({ path }) => path);
  const zero = sizes.filter(({ size }) => size === 0).map(({ path }) => path);
  const findings: CheckFinding[] = [];
  if (missing.length > 0)
    findings.push({
      severity: "warning",
      code: "NO_GRADIENT",
      where: missing[0],
      message: `No gradient reaches ${missing.join(", ")}: the loss does not depend on ${missing.length === 1 ? "it" : "them"}. Use it in the loss, or freeze it (trainable = false).`,
    });
  if (zero.length > 0)
    findings.push({
      severity: "warning",
      code: "ZERO_GRADIENT",
      where: zero[0],
      message: `The gradient of ${zero.join(", ")} is zero in every element. Dead or saturated units, weights of zeros behind, or operations without slope (argMax, round, sign) do that. Look at initializers, activations, the scale of the inputs and the loss.`,
    });
  return findings;
}

/** Two passes of different size tell what a sample adds. @returns undefined if the step takes no other size */
function memoryEstimate(session: Session, batch: unknown, numSamples: number): MemoryEstimate | undefined {
  const before = tf.memory().numBytes;
  const peakOf = (part: unknown, count: number): number =>
    peakBytesOf(() => {
      trainingPass(session, part, count);
      session.release();
    });
  const peakBytes = peakOf(batch, numSamples);
  const half = Math.floor(numSamples / 2);
  let halfPeak = before;
  try {
    if (half > 0) halfPeak = tf.tidy(() => peakOf(firstSamples(batch, numSamples, half), half));
  } catch {
    return undefined; // the step did with the whole batch
  }
  const bytesPerSample = Math.max(0, (peakBytes - halfPeak) / (numSamples - half));
  return { numSamples, peakBytes, bytesPerSample, peakBytesOf: (count) => peakBytes + (count - numSamples) * bytesPerSample };
}
