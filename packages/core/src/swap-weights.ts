import { SnapfitError } from "@snapfit/base";
import type { Weights } from "./model.js";
import type { Session } from "./session.js";
import { assignWeights, readWeights } from "./weights.js";

/** Runs `body` with other weights in the model; the raw ones are what is saved meanwhile, and are back afterwards, also after a throw. */
export async function withSwappedWeights<T>(session: Session, weights: Weights, body: () => T | Promise<T>): Promise<T> {
  if (session.rawWeights !== undefined) {
    throw new SnapfitError(
      "WEIGHTS_SWAPPED",
      "withWeights() was called while other weights are in already. Swaps do not nest. Two add-ons that swap weights cannot be combined; declare the conflict.",
    );
  }
  const variables = session.model.weights();
  const raw = await readWeights(variables);
  session.rawWeights = raw;
  try {
    assignWeights(variables, weights, false);
    return await body();
  } finally {
    assignWeights(variables, raw, true);
    session.rawWeights = undefined;
  }
}

/** Runs `body` and puts buffers and random streams back as they were: for passes whose side effects must not count. */
export async function withStateSnapshot<T>(session: Session, body: () => T | Promise<T>): Promise<T> {
  const parameters = session.model.parameters();
  const buffers = new Map([...session.model.weights()].filter(([path]) => !parameters.has(path)));
  const values = await readWeights(buffers);
  const states = new Map([...session.streams].map(([name, stream]) => [name, stream.saveState()]));
  try {
    return await body();
  } finally {
    assignWeights(buffers, values, true);
    for (const [name, stream] of session.streams) stream.loadState(states.get(name) ?? { ...stream.saveState(), counter: 0 }); // first used within `body`: at its beginning again
  }
}
