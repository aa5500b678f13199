import { hostTensor, isHostTensor, shown, SnapfitError, type StateRecord, type StateTree } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { hasSameShape } from "./check-gradients.js";
import type { OptimErrorCode } from "./optim-error-code.js";
import { ParameterSlots } from "./parameter-slots.js";
import type { Slot, UpdateRule } from "./update-rule.js";

/**
 * The saved form: `{ algorithm, parameters: { <name>: { step, shape, <slot name>: host tensor, … } } }`, with `momentumProduct` where the rule
 * needs one.
 * It is the state at the time of the call, also where the device answers later.
 */
export async function encodeState(rule: UpdateRule, parameters: ReadonlyMap<string, ParameterSlots>): Promise<StateRecord> {
  const entries = await Promise.all(
    [...parameters].map(async ([name, slots]): Promise<[string, StateTree]> => {
      const { step, shape, momentumProduct } = slots;
      const arrays = await slots.read();
      const tensors = slots.slots.map((slot, index) => [slot.name, hostTensor(arrays[index]!, slot.shape)]);
      return [name, { step, shape: [...shape], ...(rule.momentumOf && { momentumProduct }), ...Object.fromEntries(tensors) }];
    }),
  );
  return { algorithm: rule.name, parameters: Object.fromEntries(entries) };
}

/**
 * Reads what {@link encodeState} wrote, as copies.
 * @throws SnapfitError `OPTIMIZER_STATE` if it is another algorithm's, has other slots or is malformed.
 */
export function decodeState(rule: UpdateRule, state: StateRecord): Map<string, ParameterSlots> {
  if (!isRecord(state) || typeof state["algorithm"] !== "string" || !isRecord(state["parameters"])) {
    throw wrongState("The optimizer's state is malformed: it lacks algorithm or parameters.", "Expected what saveState() returned.");
  }
  if (state["algorithm"] !== rule.name) {
    throw wrongState(
      `The state is of ${shown(state["algorithm"])}, but the optimizer is ${rule.name}.`,
      "Build the optimizer that the state was saved from, or start without its state.",
    );
  }
  return new Map(Object.entries(state["parameters"]).map(([name, entry]) => [name, decodeEntry(rule, name, entry)]));
}

/** @throws SnapfitError `OPTIMIZER_STATE` that names the parameter, if its slots are of another shape than it. */
export function checkSlotShapes(
  slotsByName: ReadonlyMap<string, ParameterSlots>,
  names: Iterable<string>,
  parameters: ReadonlyMap<string, tf.Variable>,
): void {
  for (const name of names) {
    const slots = slotsByName.get(name);
    const shape = parameters.get(name)?.shape;
    if (slots && shape && !hasSameShape(slots.shape, shape)) {
      throw wrongState(
        `The optimizer's state of parameter "${name}" has shape [${slots.shape.join(", ")}], but the parameter has [${shape.join(", ")}].`,
        "Load the state of the same model, or start without it.",
      );
    }
  }
}

/** A SnapfitError `OPTIMIZER_STATE`. */
export function wrongState(happened: string, expected: string): SnapfitError {
  return new SnapfitError<OptimErrorCode>("OPTIMIZER_STATE", `${happened} ${expected}`);
}

function decodeEntry(rule: UpdateRule, name: string, entry: StateTree): ParameterSlots {
  if (!isRecord(entry))
    throw wrongState(`The optimizer's state of parameter "${name}" is ${shown(entry)}.`, "Expected a record with step, shape and slots.");
  const { step, shape, ...slots } = entry;
  if (!Number.isSafeInteger(step) || (step as number) < 0) {
    throw wrongState(`The step of parameter "${name}" is ${shown(step)}.`, "Expected a whole number of at least 0.");
  }
  if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length) && (length as number) >= 0)) {
    throw wrongState(`The shape of parameter "${name}" is ${shown(shape)}.`, "Expected an array of whole numbers.");
  }
  const isSlot = (key: string): boolean => key !== "momentumProduct" || rule.momentumOf === undefined;
  const found = Object.keys(slots).filter(isSlot).sort().join(", ") || "none";
  const expected = rule.slotsOf(shape as number[]);
  const wanted =
    expected
      .map((slot) => slot.name)
      .sort()
      .join(", ") || "none";
  if (found !== wanted) {
    throw wrongState(
      `The slots of parameter "${name}" are: ${found}.`,
      `Expected: ${wanted}. The optimizer was built with other options (momentum?) than the one saved.`,
    );
  }
  const arrays = expected.map((slot) => decodeSlot(name, slot, slots[slot.name]!));
  return new ParameterSlots(shape as number[], expected, arrays, step as number, decodeProduct(rule, name, slots["momentumProduct"]));
}

function decodeProduct(rule: UpdateRule, name: string, saved: StateTree | undefined): number {
  if (rule.momentumOf === undefined) return 1;
  if (typeof saved === "number" && saved >= 0 && saved <= 1) return saved;
  throw wrongState(`The momentumProduct of parameter "${name}" is ${shown(saved)}.`, "Expected a number from 0 to 1.");
}

function decodeSlot(name: string, { name: slotName, shape }: Slot, saved: StateTree): Float32Array {
  if (isHostTensor(saved) && !hasSameShape(saved.shape, shape)) {
    throw wrongState(
      `Slot ${slotName} of parameter "${name}" has shape [${saved.shape.join(", ")}].`,
      `Expected [${shape.join(", ")}], which follows from its parameter's.`,
    );
  }
  const data = isHostTensor(saved) ? saved.data : saved;
  const size = shape.reduce((product, length) => product * length, 1);
  if (!(data instanceof Float32Array) || data.length !== size) {
    const got = data instanceof Float32Array ? `${data.length} values` : shown(data);
    throw wrongState(
      `Slot ${slotName} of parameter "${name}" is ${got}.`,
      `Expected a Float32Array of ${size} values for shape [${shape.join(", ")}].`,
    );
  }
  return data.slice();
}

/** Whether a part of a state is a record. */
export function isRecord(value: unknown): value is { readonly [key: string]: StateTree } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
