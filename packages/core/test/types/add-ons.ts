// Small add-ons that the tests of the add-on machinery share. They show the pattern; the published ones have packages of their own.
import type { StateRecord } from "@snapfit/base";
import { defineAddOn, Trainer, type AddOnBase, type Adds, type Awaitable, type TrainerOptions, type Window } from "@snapfit/core";

export interface TimerMembers {
  /** Time spent in optimizer steps. */
  elapsedMs(): number;
}

/** Measures the steps. */
export const Timer = defineAddOn({
  name: "Timer",
  apply(Base: AddOnBase): Adds<TimerMembers> {
    abstract class TimerTrainer extends Base implements TimerMembers {
      #elapsedMs = 0;
      elapsedMs(): number {
        return this.#elapsedMs;
      }
      protected override async runStep(window: Window): Promise<void> {
        const start = performance.now();
        await super.runStep(window);
        this.#elapsedMs += performance.now() - start;
      }
    }
    return TimerTrainer;
  },
});

export interface StateManagerOptions {
  readonly stateManager: {
    /** Where states go, by key. */
    readonly store: Map<string, StateRecord>;
    /** Steps between states. @default 100 */
    readonly everySteps?: number;
  };
}
export interface StateManagerMembers {
  readonly stateManager: {
    save(key: string): Promise<void>;
    /** Whether there was a state to load. */
    load(key: string): Promise<boolean>;
  };
}

/** Keeps the state in a map, and takes it up again. */
export const StateManager = defineAddOn({
  name: "StateManager",
  apply(Base: AddOnBase<StateManagerOptions>): Adds<StateManagerMembers> {
    abstract class StateManagerTrainer extends Base implements StateManagerMembers {
      readonly #everySteps: number;
      readonly stateManager: StateManagerMembers["stateManager"];
      constructor(options: TrainerOptions & StateManagerOptions) {
        super(options);
        const { store, everySteps = 100 } = options.stateManager;
        this.#everySteps = everySteps;
        this.stateManager = {
          save: async (key) => void store.set(key, await this.captureState()),
          load: async (key) => {
            const state = store.get(key);
            if (state) await this.applyState(state);
            return state !== undefined;
          },
        };
      }
      protected override async savePoint(kind: "step" | "epoch" | "fitEnd" | "stop"): Promise<void> {
        await super.savePoint(kind);
        if (kind === "step" && this.progress.step % this.#everySteps === 0) await this.stateManager.save("newest");
      }
    }
    return StateManagerTrainer;
  },
});

export interface EmaOptions {
  readonly ema: {
    /** Weight of the past in the average, 0 to 1. */
    readonly decay: number;
  };
}
export interface EmaMembers {
  readonly ema: {
    /** Average number of samples in a step; NaN before the first. */
    readonly size: number;
    reset(): void;
  };
}

/** A moving average of the samples in a step, part of the state. */
export const Ema = defineAddOn({
  name: "Ema",
  rules: { requires: ["StateManager"] },
  apply(Base: AddOnBase<EmaOptions>): Adds<EmaMembers> {
    abstract class EmaTrainer extends Base implements EmaMembers {
      readonly #decay: number;
      readonly ema = {
        size: NaN,
        reset(): void {
          this.size = NaN;
        },
      };
      constructor(options: TrainerOptions & EmaOptions) {
        super(options);
        this.#decay = options.ema.decay;
      }
      protected override async runStep(window: Window): Promise<void> {
        await super.runStep(window);
        const past = Number.isNaN(this.ema.size) ? window.totalSize : this.ema.size;
        this.ema.size = this.#decay * past + (1 - this.#decay) * window.totalSize; // a_new = d * a + (1 - d) * x
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), ema: { size: this.ema.size } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        this.ema.size = (state["ema"] as { size: number } | undefined)?.size ?? NaN;
      }
    }
    return EmaTrainer;
  },
});

export interface ConfusionMembers {
  /** Counts [truth, prediction]. */
  readonly confusion: Uint32Array;
}

/** Counts predictions. Works on trainers that say how many classes they have. */
export const Confusion = defineAddOn({
  name: "Confusion",
  apply(Base: AddOnBase<{}, Trainer & { readonly numClasses: number }>): Adds<ConfusionMembers> {
    abstract class ConfusionTrainer extends Base implements ConfusionMembers {
      confusion = new Uint32Array(0);
      protected override async setup(): Promise<void> {
        await super.setup();
        this.confusion = new Uint32Array(this.numClasses ** 2); // not in the constructor: a subclass may set numClasses
      }
    }
    return ConfusionTrainer;
  },
});

export interface RunLogOptions {
  readonly runLog: (line: string) => void;
}

/** Writes a line at each end of the trainer's life; outside of the others, so that its lines enclose theirs. */
export const RunLog = defineAddOn({
  name: "RunLog",
  rules: { after: ["Ema", "StateManager", "Timer"] },
  apply(Base: AddOnBase<RunLogOptions>): Adds {
    abstract class RunLogTrainer extends Base {
      readonly #write: RunLogOptions["runLog"];
      constructor(options: TrainerOptions & RunLogOptions) {
        super(options);
        this.#write = options.runLog;
      }
      protected override async setup(): Promise<void> {
        this.defer(() => this.#write(`closed at step ${this.progress.step}`));
        await super.setup();
        this.#write("set up");
      }
    }
    return RunLogTrainer;
  },
});

/** Averages weights itself, and so excludes Ema. */
export const Swa = defineAddOn({
  name: "Swa",
  rules: { conflicts: ["Ema"] },
  apply(Base: AddOnBase): Adds {
    abstract class SwaTrainer extends Base {
      protected override onFitEnd(reason: string): Awaitable<void> {
        return super.onFitEnd(reason);
      }
    }
    return SwaTrainer;
  },
});

/** A preset is a value and a type under one name, and stays generic: `class Digits extends Standard<DigitBatch> {…}`. */
export const Standard = Trainer.addOn(StateManager, Ema, Timer);
export type Standard<Batch = unknown> = InstanceType<typeof Standard<Batch>>;
