import type { AnyAddOn } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import { overridesOf, prototypesOf, wrapMethod, type ContractClass, type Method } from "./contract-class.js";
import { isSynchronous, isUsersOwn, placeOf, superCallsOf } from "./super-places.js";

/** One call of an override. */
interface Frame {
  readonly args: readonly unknown[];
  superCalls: number;
  /** Where it stands: before `super`, in it, or after it. */
  at: "before" | "inside" | "after";
  /** Whether the method has not yet given way to others, by `await` or by its end. */
  isFirstTurn: boolean;
  firstTensor: number;
}

/** Calls of the trainer that do something, so that it matters whether `super` comes before or after. */
const acts = [
  "log",
  "logText",
  "logHistogram",
  "logImage",
  "logTable",
  "logFile",
  "alert",
  "defer",
  "addLogSink",
  "runFolder",
  "withWeights",
  "withSnapshot",
  "setModelWeights",
  "useBest",
  "stop",
  "randomStream",
  "dropout",
  "forward",
];

/**
 * Watches the calls of an add-on's overrides: how often each calls `super`, whether it waits for it, and what it does before and after it.
 * Each call of `super` to a method that may wait takes a turn of the event loop, so that one that is not awaited is seen.
 */
export class SuperCalls {
  readonly #frames = new Map<string, Frame[]>();
  readonly #reached = new Set<string>();
  readonly #overrides: readonly string[];
  readonly #faults: string[] = [];

  /** Patches the class, which must have been made for this. */
  constructor({ Class, Base }: ContractClass, addOn: AnyAddOn) {
    this.#overrides = overridesOf(Class, addOn).filter((name) => name !== "predict"); // its super call waits for the first iteration
    const { own, below } = prototypesOf(Class, addOn);
    for (const name of acts)
      if (!this.#overrides.includes(name)) wrapMethod(Base.prototype as object, name, (original) => this.#watchAct(name, original));
    for (const name of this.#overrides) {
      wrapMethod(below, name, (original) => this.#watchSuper(name, original));
      const owner = own.find((prototype) => Object.hasOwn(prototype, name))!;
      wrapMethod(owner, name, (original) => this.#watchOverride(name, original));
    }
  }

  /** Sentences about what was wrong, each once. */
  faults(): string[] {
    const usersOwn = this.#overrides.filter(isUsersOwn);
    const unreached = this.#overrides.filter((name) => !this.#reached.has(name) && superCallsOf(name).least > 0 && !isUsersOwn(name));
    return [
      ...new Set([
        ...usersOwn.map(
          (name) =>
            `overrides ${name}, which is the user's: in a class that extends the add-on's result, the user's own takes its place. Override computeLoss or computeOutputs.`,
        ),
        ...this.#faults,
        ...unreached.map((name) => `overrides ${name}, which was never called. Give the contract a scenario that reaches it.`),
      ]),
    ];
  }

  /** Something was done outside of the trainer. */
  effect(what: string): void {
    for (const [name, frames] of this.#frames) {
      for (const frame of frames) this.#judge(name, frame, what);
    }
  }

  #judge(name: string, { at, superCalls }: Frame, what: string): void {
    if (at === "inside") return;
    const place = placeOf(name);
    if (place === "first" && at === "before" && superCalls === 0)
      this.#fault(`${what} before super.${name}() in ${name}: super stands first there.`);
    if (place === "last" && at === "after") this.#fault(`${what} after super.${name}() in ${name}: super stands last there.`);
  }

  #fault(sentence: string): void {
    this.#faults.push(sentence);
  }

  #watchAct(name: string, original: Method): Method {
    const note = (): void => this.effect(`called ${name}()`);
    return function (...args) {
      note();
      return original.apply(this, args);
    };
  }

  #watchOverride(name: string, original: Method): Method {
    const begin = (args: readonly unknown[]): Frame => this.#begin(name, args);
    const end = (frame: Frame, failed: boolean): void => this.#end(name, frame, failed);
    return function (...args) {
      const frame = begin(args);
      let result: unknown;
      try {
        result = original.apply(this, args);
      } catch (error) {
        end(frame, true);
        throw error;
      }
      frame.isFirstTurn = false;
      if (!isPromise(result)) {
        end(frame, false);
        return result;
      }
      return result.then(
        (value) => {
          end(frame, false);
          return value;
        },
        (error: unknown) => {
          end(frame, true);
          throw error;
        },
      );
    };
  }

  #begin(name: string, args: readonly unknown[]): Frame {
    const frame: Frame = { args, superCalls: 0, at: "before", isFirstTurn: true, firstTensor: nextTensorId() };
    this.#reached.add(name);
    this.#frames.set(name, [...(this.#frames.get(name) ?? []), frame]);
    return frame;
  }

  #end(name: string, frame: Frame, failed: boolean): void {
    this.#frames.set(
      name,
      (this.#frames.get(name) ?? []).filter((other) => other !== frame),
    );
    if (failed) return;
    const { superCalls, at, firstTensor } = frame;
    const { least, most } = superCallsOf(name);
    if (superCalls < least)
      this.#fault(`never calls super.${name}() in ${name}: what is below it, other add-ons and the user's class, does not run.`);
    if (superCalls > most)
      this.#fault(
        `calls super.${name}() ${superCalls} times in ${name}: what is below it, other add-ons and the user's class, runs as often.`,
      );
    if (at === "inside") this.#fault(`does not wait for super.${name}() in ${name}: return it, or await it.`);
    if (at === "after" && nextTensorId() > firstTensor && !isSynchronous(name)) this.#judge(name, frame, "made tensors");
  }

  #watchSuper(name: string, original: Method): Method {
    const enter = (args: readonly unknown[]): Frame | undefined => this.#enter(name, args);
    const leave = (frame: Frame | undefined): void => {
      if (frame === undefined) return;
      frame.at = "after";
      frame.firstTensor = nextTensorId();
    };
    return function (...args) {
      const frame = enter(args);
      if (isSynchronous(name)) {
        try {
          return original.apply(this, args);
        } finally {
          leave(frame);
        }
      }
      const run = async (): Promise<unknown> => {
        try {
          const result = await original.apply(this, args);
          await new Promise((resolve) => setTimeout(resolve, 0));
          return result;
        } finally {
          leave(frame);
        }
      };
      const running = run();
      running.catch(() => undefined); // if nobody waits for it, the sentence says so
      return running;
    };
  }

  #enter(name: string, args: readonly unknown[]): Frame | undefined {
    const frame = this.#frames.get(name)?.at(-1);
    if (frame === undefined) return undefined;
    const place = placeOf(name);
    if (place === "first" && frame.superCalls === 0) {
      if (!frame.isFirstTurn) this.#fault(`waits for something before super.${name}() in ${name}: super stands first there.`);
      else if (nextTensorId() > frame.firstTensor) this.#fault(`made tensors before super.${name}() in ${name}: super stands first there.`);
    }
    const isHook = place !== "around" && name !== "loadState";
    if (isHook && frame.superCalls === 0 && args.some((arg, i) => arg !== frame.args[i]))
      this.#fault(
        `passes something else to super.${name}() than it got in ${name}.${place === "first" ? " Call super first, and change what it returns." : ""}`,
      );
    frame.superCalls += 1;
    frame.at = "inside";
    return frame;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === "function";
}

/** The engine's next tensor id: larger when tensors have been made. */
function nextTensorId(): number {
  return (tf.engine().constructor as unknown as { nextTensorId: number }).nextTensorId;
}
