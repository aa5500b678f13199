import { isPromise } from "./awaitable.js";
import type { Session } from "./session.js";
import { StepPass } from "./step-pass.js";
import { updateParameters } from "./update-parameters.js";
import type { Window } from "./window.js";

/** One optimizer step: the default of `runStep`. */
export async function runOptimizerStep(session: Session, window: Window): Promise<void> {
  const { trainer, optimizers, counters } = session;
  const passes: StepPass[] = [];
  let applied = false;
  let hadGradients = false;
  for (const slot of optimizers.length > 0 ? optimizers : [undefined]) {
    session.activeSlot = slot;
    session.activeParameters = undefined;
    const gradients = await trainer.computeGradients(window);
    passes.push(session.pass);
    if (slot === undefined || gradients === undefined) continue;
    hadGradients = true;
    if (await updateParameters(session, gradients)) applied = true;
  }
  session.activeSlot = undefined;
  if (applied) session.model.applyConstraints();
  commit(session, window, passes);
  if (applied) counters.step += 1;
  if (!hadGradients) {
    const why = optimizers.length === 0 ? "The trainer has no optimizer" : "trainingStep returned no loss";
    session.console.once("info", `${why}: batches are averaged and logged, no parameter is changed.`);
  }
  if (hadGradients) {
    session.hasTrained = true;
    const done = trainer.onOptimizerStep({ skipped: !applied });
    if (isPromise(done)) await done;
  }
}

/** Moves the counters and hands the values of the last passes to the means and metrics. */
function commit(session: Session, window: Window, passes: readonly StepPass[]): void {
  const { counters, pending, logs, metrics, position } = session;
  for (const pass of passes) {
    for (const scalar of pass.scalars) {
      if (typeof scalar.value !== "number") session.disown(scalar.value);
      pending.add(scalar);
    }
    for (const outputs of pass.outputs) metrics.train.update(outputs);
    if (pass.records.length > 0) logs.commit(pass.records);
  }
  session.pass = new StepPass();
  counters.batch += window.batches.length;
  counters.samples += window.totalSize;
  position.samples += window.sizes.reduce((sum, size) => sum + size, 0);
  session.windows += 1;
}
