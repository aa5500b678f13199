// What must compile of add-ons, with the types it gives. The same code is run; compilers.test.ts compiles it.
import { expect, expectTypeOf, test } from "vitest";
import { applyAddOns, defineAddOn, hasAddOn, Trainer } from "@snapfit/core";
import type {
  AddOn,
  AddOnBase,
  AddOnRules,
  Adds,
  AnyAddOn,
  BatchSource,
  HostForm,
  StepResult,
  TrainerClass,
  TrainerOptions,
} from "@snapfit/core";
import type * as tf from "@tensorflow/tfjs";
import { Confusion, Ema, RunLog, Standard, StateManager, Swa, Timer } from "./add-ons.js";
import type { ConfusionMembers, EmaMembers, EmaOptions, StateManagerMembers, StateManagerOptions, TimerMembers } from "./add-ons.js";
import { Digits, digits, options, type DigitBatch } from "./digits.js";

const full = { ...options, stateManager: { store: new Map() }, ema: { decay: 0.5 } };
type OptionsOf<C extends abstract new (options: never) => unknown> = ConstructorParameters<C>[0];
type TrainOf<T extends Trainer<never>> = Parameters<T["fit"]>[0]["train"];

test("options of add-ons join those of the trainer", () => {
  const Full = Digits.addOn(StateManager, Ema);
  expectTypeOf<OptionsOf<typeof Full>>().toExtend<TrainerOptions & StateManagerOptions & EmaOptions>();
  expectTypeOf<TrainerOptions & StateManagerOptions & EmaOptions>().toExtend<OptionsOf<typeof Full>>();
});

test("members of add-ons join those of the trainer", () => {
  const trainer = new (Digits.addOn(StateManager, Ema))(full);
  expectTypeOf(trainer).toExtend<Digits & StateManagerMembers & EmaMembers>();
  expectTypeOf(trainer.ema.size).toEqualTypeOf<number>();
  expectTypeOf(trainer.stateManager.load).toEqualTypeOf<(key: string) => Promise<boolean>>();
  expect(trainer.ema.size).toBeNaN();
});

test("optional options stay optional", () => {
  const Full = Digits.addOn(StateManager);
  expectTypeOf<OptionsOf<typeof Full>["stateManager"]["everySteps"]>().toEqualTypeOf<number | undefined>();
  expect(new Full({ ...options, stateManager: { store: new Map() } }).numClasses).toBe(10);
});

test("an add-on whose options may all be left out asks for none", () => {
  const Lenient = defineAddOn({
    name: "Lenient",
    apply(Base: AddOnBase<{ readonly lenient?: { readonly size?: number } }>): Adds {
      abstract class LenientTrainer extends Base {}
      return LenientTrainer;
    },
  });
  const Full = Digits.addOn(Lenient);
  expectTypeOf(options).toExtend<OptionsOf<typeof Full>>();
  expect(new Full(options)).toBeInstanceOf(Digits);
});

test("all orders and groupings give types that fit each other", () => {
  const AB = Digits.addOn(StateManager, Timer);
  const BA = Digits.addOn(Timer, StateManager);
  const A_B = Digits.addOn(StateManager).addOn(Timer);
  const B_A = Digits.addOn(Timer).addOn(StateManager);
  let Class = AB;
  Class = BA;
  Class = A_B;
  Class = B_A;
  let back = B_A;
  back = AB;
  expectTypeOf(AB.addOns).toEqualTypeOf(B_A.addOns);
  expect([Class, back].map(({ name }) => name)).toEqual([AB.name, AB.name]);
});

test("instances of all orders fit each other", () => {
  const one = Digits.addOn(StateManager, Ema, Timer);
  const other = Digits.addOn(Timer).addOn(Ema, StateManager);
  expectTypeOf<InstanceType<typeof one>>().toExtend<InstanceType<typeof other>>();
  expectTypeOf<InstanceType<typeof other>>().toExtend<InstanceType<typeof one>>();
});

test("what an add-on needs may be listed after it", () => {
  expect(Trainer.addOn(Ema, StateManager).name).toBe("Trainer+StateManager+Ema");
});

test("what an add-on needs may be added earlier", () => {
  expect(Trainer.addOn(StateManager).addOn(Ema).name).toBe("Trainer+StateManager+Ema");
});

test("what an add-on needs may stand below a subclass", () => {
  abstract class Saved extends Trainer.addOn(StateManager)<DigitBatch> {}
  expect(Saved.addOn(Ema).name).toBe("Saved+Ema");
});

test("no add-ons is a call like any other", () => {
  const Same = Digits.addOn();
  expectTypeOf(new Same(options)).toExtend<Digits>();
  expect(Same).toBe(Digits);
});

test("add-ons that exclude others stand alone", () => {
  expectTypeOf(new (Digits.addOn(Swa))(options)).toExtend<Digits>();
});

test("an add-on may go outside of one that is absent", () => {
  expect(new (Digits.addOn(RunLog))({ ...options, runLog: () => {} })).toBeInstanceOf(Digits);
});

test("a subclass extends a result whose batch type is still open", async () => {
  class Sums extends Trainer.addOn(StateManager, Ema)<DigitBatch> {
    protected override trainingStep({ labels }: DigitBatch): StepResult {
      expectTypeOf(this.ema.size).toEqualTypeOf<number>();
      return { sum: labels.sum() };
    }
  }
  expectTypeOf<TrainOf<Sums>>().toEqualTypeOf<BatchSource<HostForm<DigitBatch>>>();
  await using trainer = new Sums(full);
  await trainer.fit({ train: [digits(1), digits(2, 3)], epochs: 1 });
  expect(trainer.history.train["sum"]).toEqual([(1 + 2 * 5) / 3]);
});

test("the batch type stays open over several calls", () => {
  abstract class Sums extends Trainer.addOn(StateManager).addOn(Ema).addOn(Timer)<DigitBatch> {}
  expectTypeOf<Sums>().toExtend<Trainer<DigitBatch> & StateManagerMembers & EmaMembers & TimerMembers>();
  expectTypeOf<TrainOf<Sums>>().toEqualTypeOf<BatchSource<HostForm<DigitBatch>>>();
});

test("the batch type is unknown when left out", () => {
  class Anything extends Trainer.addOn(Timer) {
    protected override trainingStep(batch: unknown): StepResult {
      return { kind: typeof batch === "object" ? 1 : 0 };
    }
  }
  expectTypeOf<TrainOf<Anything>>().toEqualTypeOf<BatchSource<unknown>>();
  expect(new Anything(options).elapsedMs()).toBe(0);
});

test("a preset is a value and a generic type", () => {
  class Preset extends Standard<DigitBatch> {
    protected override trainingStep(): StepResult {
      return {};
    }
  }
  const read = (trainer: Standard<DigitBatch>): number => trainer.ema.size + trainer.elapsedMs();
  expect(read(new Preset(full))).toBeNaN();
});

test("a trainer of a preset passes where any batch type is taken", () => {
  class Preset extends Standard<DigitBatch> {
    protected override trainingStep(): StepResult {
      return {};
    }
  }
  const step = (trainer: Standard): number => trainer.progress.step;
  expect(step(new Preset(full))).toBe(0);
});

test("a preset grows into another preset", () => {
  const Logged = Standard.addOn(RunLog);
  type Logged<Batch = unknown> = InstanceType<typeof Logged<Batch>>;
  expectTypeOf<Logged<DigitBatch>>().toExtend<Standard<DigitBatch>>();
  expect(Logged.name).toBe("Trainer+StateManager+Ema+Timer+RunLog");
});

test("a preset of a concrete trainer can be built", () => {
  const Ready = Digits.addOn(StateManager, Timer);
  type Ready = InstanceType<typeof Ready>;
  const trainer: Ready = new Ready({ ...options, stateManager: { store: new Map() } });
  expect(trainer.elapsedMs()).toBe(0);
});

test("a generic class of the user's is bound, then added to", () => {
  abstract class Scored<Batch> extends Trainer<Batch> {
    abstract score(batch: Batch): number;
    protected override trainingStep(batch: Batch): StepResult {
      return { score: this.score(batch) };
    }
  }
  abstract class ScoredDigits extends Scored<DigitBatch> {}
  class Counted extends ScoredDigits.addOn(Timer) {
    override score({ labels }: DigitBatch): number {
      return labels.size;
    }
  }
  expectTypeOf(new Counted(options).score).toEqualTypeOf<(batch: DigitBatch) => number>();
});

test("a generic class of the user's can extend a preset and stay generic", () => {
  abstract class Task<Batch> extends Standard<Batch> {
    abstract sizeOf(batch: Batch): number;
  }
  expectTypeOf<Task<DigitBatch>>().toExtend<Standard<DigitBatch>>();
  expectTypeOf<Parameters<Task<string>["sizeOf"]>>().toEqualTypeOf<[batch: string]>();
  expect(Task.addOns).toHaveLength(3);
});

test("an abstract class that binds the batch type keeps it, even if it adds nothing else", () => {
  abstract class Bound extends Trainer<DigitBatch> {}
  abstract class Timed extends Bound.addOn(Timer) {}
  expectTypeOf<TrainOf<Timed>>().toEqualTypeOf<BatchSource<HostForm<DigitBatch>>>();
});

test("an abstract class with protected parts of its own keeps them", () => {
  abstract class Hidden extends Trainer<DigitBatch> {
    protected secret(): number {
      return 7;
    }
  }
  class Shown extends Hidden.addOn(Timer) {
    protected override trainingStep(): StepResult {
      return { secret: this.secret() };
    }
  }
  expect(new Shown(options).progress.step).toBe(0);
});

test("what is abstract in a class stays to be written in its subclasses", () => {
  abstract class Scored extends Trainer<DigitBatch> {
    abstract score(): number;
    protected override trainingStep(): StepResult {
      return { score: this.score() };
    }
  }
  class Seven extends Scored.addOn(Timer, StateManager) {
    override score(): number {
      return 7;
    }
  }
  expect(new Seven({ ...options, stateManager: { store: new Map() } }).score()).toBe(7);
});

test("rules only known as strings are left to the run time", () => {
  const rules: AddOnRules = { after: ["Timer"] };
  const Loose = defineAddOn({
    name: "Loose",
    rules,
    apply(Base: AddOnBase): Adds {
      abstract class LooseTrainer extends Base {}
      return LooseTrainer;
    },
  });
  expect(Digits.addOn(Loose, Timer).name).toBe("Digits+Timer+Loose");
});

test("a subclass overrides methods of its add-ons and reaches them through super", async () => {
  const lines: string[] = [];
  class Loud extends Digits.addOn(Timer) {
    override elapsedMs(): number {
      lines.push("mine");
      return super.elapsedMs();
    }
    override async saveState() {
      return { ...(await super.saveState()), user: { loud: true } };
    }
  }
  await using trainer = new Loud(options);
  await trainer.ready();
  expect(trainer.elapsedMs()).toBe(0);
  expect(await trainer.saveState()).toMatchObject({ user: { loud: true } });
  expect(lines).toEqual(["mine"]);
});

test("add-ons go on a subclass of a result", () => {
  class Mine extends Digits.addOn(StateManager) {
    readonly mine = 1;
  }
  const trainer = new (Mine.addOn(Ema))(full);
  expectTypeOf(trainer).toExtend<Mine & EmaMembers>();
  expect(trainer.mine).toBe(1);
});

test("a subclass may take options of its own", () => {
  class Thresholded extends Digits.addOn(Timer) {
    static override readonly optionNames = ["threshold"];
    readonly threshold: number;
    constructor(given: TrainerOptions & { readonly threshold: number }) {
      super(given);
      this.threshold = given.threshold;
    }
  }
  const Full = Thresholded.addOn(StateManager);
  expectTypeOf<OptionsOf<typeof Full>>().toExtend<StateManagerOptions & { readonly threshold: number }>();
  expect(new Full({ ...options, stateManager: { store: new Map() }, threshold: 0.5 }).threshold).toBe(0.5);
});

test("a constructor without options takes those of its add-ons", () => {
  class Fixed extends Digits {
    constructor() {
      super(options);
    }
  }
  const Full = Fixed.addOn(RunLog);
  expectTypeOf<OptionsOf<typeof Full>>().toEqualTypeOf<{ readonly runLog: (line: string) => void }>();
});

test("a host's own members are typed inside and outside of the add-on", async () => {
  await using trainer = new (Digits.addOn(Confusion))(options);
  expectTypeOf(trainer).toExtend<Digits & ConfusionMembers>();
  await trainer.ready();
  expect(trainer.confusion).toHaveLength(100);
});

test("a host's member may come from another add-on of the call", () => {
  const Watch = defineAddOn({
    name: "Watch",
    apply(Base: AddOnBase<{}, Trainer & TimerMembers>): Adds<{ watch(): number }> {
      abstract class WatchTrainer extends Base {
        watch(): number {
          return this.elapsedMs();
        }
      }
      return WatchTrainer;
    },
  });
  expect(new (Digits.addOn(Watch, Timer))(options).watch()).toBe(0);
});

test("a host may have more than the add-on needs of a member", () => {
  const Ten = defineAddOn({
    name: "Ten",
    apply(Base: AddOnBase<{}, Trainer & { readonly numClasses: number | undefined }>): Adds {
      abstract class TenTrainer extends Base {}
      return TenTrainer;
    },
  });
  expect(new (Digits.addOn(Ten))(options).numClasses).toBe(10);
});

test("an add-on asks its host for a method that takes the batch", () => {
  const Counter = defineAddOn({
    name: "Counter",
    apply(Base: AddOnBase<{}, Trainer & { labelsOf(batch: unknown): tf.Tensor }>): Adds<{ count(batch: unknown): number }> {
      abstract class CounterTrainer extends Base {
        count(batch: unknown): number {
          return this.labelsOf(batch).size;
        }
      }
      return CounterTrainer;
    },
  });
  class Labelled extends Digits {
    labelsOf(batch: DigitBatch): tf.Tensor1D {
      return batch.labels;
    }
  }
  expectTypeOf(new (Labelled.addOn(Counter))(options).count).toEqualTypeOf<(batch: unknown) => number>();
});

test("an add-on may extend the protected methods of the loop", () => {
  const Halved = defineAddOn({
    name: "Halved",
    apply(Base: AddOnBase): Adds {
      abstract class HalvedTrainer extends Base {
        protected override scaleLoss(loss: tf.Tensor): tf.Tensor {
          return super.scaleLoss(loss).mul(0.5);
        }
        protected override computeLoss(batch: unknown, index: number): StepResult {
          return { ...super.computeLoss(batch, index), halved: 1 };
        }
      }
      return HalvedTrainer;
    },
  });
  expect(Digits.addOn(Halved).name).toBe("Digits+Halved");
});

test("hasAddOn narrows to the members", () => {
  const report = (trainer: Trainer): string => {
    if (!hasAddOn(trainer, Timer)) return "no timer";
    expectTypeOf(trainer).toExtend<Trainer & TimerMembers>();
    return `${trainer.elapsedMs()} ms`;
  };
  expect(report(new Digits(options))).toBe("no timer");
  expect(report(new (Digits.addOn(Timer))(options))).toBe("0 ms");
});

test("hasAddOn keeps what was known of the trainer", () => {
  const trainer: Digits = new (Digits.addOn(Timer))(options);
  if (!hasAddOn(trainer, Timer)) throw new Error("no timer");
  expectTypeOf(trainer.numClasses).toEqualTypeOf<number>();
  expectTypeOf(trainer.elapsedMs()).toEqualTypeOf<number>();
});

test("hasAddOn narrows step by step", () => {
  const size = (trainer: Trainer): number =>
    hasAddOn(trainer, Timer) && hasAddOn(trainer, Ema) ? trainer.ema.size + trainer.elapsedMs() : 0;
  expect(size(new (Digits.addOn(Timer, StateManager, Ema))(full))).toBeNaN();
  expect(size(new (Digits.addOn(Timer))(options))).toBe(0);
});

test("hasAddOn takes a trainer of any batch type", () => {
  const isTimed = <Batch>(trainer: Trainer<Batch>): boolean => hasAddOn(trainer as Trainer, Timer);
  expect(isTimed(new Digits(options))).toBe(false);
});

test("statics of the class are kept", () => {
  class Tagged extends Digits {
    static readonly tag = "digits";
    static of(): string {
      return this.tag;
    }
  }
  const Full = Tagged.addOn(Timer);
  expectTypeOf<typeof Full.tag>().toEqualTypeOf<"digits">();
  expect(Full.of()).toBe("digits");
});

test("addOns lists the add-ons by type and value", () => {
  const Full = Trainer.addOn(Timer, StateManager);
  expectTypeOf(Full.addOns).toEqualTypeOf<readonly (typeof Timer | typeof StateManager)[]>();
  expect(Full.addOns).toEqual([StateManager, Timer]);
});

test("a const tuple can be spread", () => {
  const common = [StateManager, Timer] as const;
  const trainer = new (Digits.addOn(...common, Ema))(full);
  expectTypeOf(trainer).toExtend<StateManagerMembers & TimerMembers & EmaMembers>();
});

test("applyAddOns takes lists only known at run time", () => {
  const chosen: AnyAddOn[] = [Timer];
  const Class = applyAddOns(Digits, chosen) as typeof Digits;
  expect(hasAddOn(new Class(options), Timer)).toBe(true);
});

test("every add-on is an AnyAddOn and every result a TrainerClass", () => {
  const all: readonly AnyAddOn[] = [Confusion, Ema, RunLog, StateManager, Swa, Timer];
  const classes: readonly TrainerClass[] = [Trainer, Digits, Standard, Digits.addOn(Timer)];
  expect([all.length, classes.length]).toEqual([6, 4]);
});

test("an annotated add-on works like a defined one", () => {
  interface Counting {
    count(): number;
  }
  const Counter: AddOn<"Counter", {}, Counting, { readonly after: readonly ["Timer"] }> = {
    name: "Counter",
    rules: { after: ["Timer"] },
    apply(Base) {
      abstract class CounterTrainer extends Base implements Counting {
        count(): number {
          return 1;
        }
      }
      return CounterTrainer;
    },
  };
  expect(new (Digits.addOn(Counter, Timer))(options).count()).toBe(1);
});

test("an add-on may be made by a function", () => {
  const counting = <const Name extends string>(name: Name) =>
    defineAddOn({
      name,
      apply(Base: AddOnBase): Adds {
        abstract class Counting extends Base {}
        return Counting;
      },
    });
  const Full = Digits.addOn(counting("One"), counting("Two"));
  expectTypeOf<(typeof Full.addOns)[number]["name"]>().toEqualTypeOf<"One" | "Two">();
  expect(Full.name).toBe("Digits+One+Two");
});

test("name and rules of an add-on keep their literal types", () => {
  expectTypeOf(Ema.name).toEqualTypeOf<"Ema">();
  expectTypeOf<NonNullable<typeof Ema.rules>>().toEqualTypeOf<{ readonly requires: readonly ["StateManager"] }>();
  expect(Ema.rules).toEqual({ requires: ["StateManager"] });
});

test("an add-on may name its options itself", () => {
  const Bare = defineAddOn({
    name: "Bare",
    optionNames: ["amplitude"],
    apply(Base: AddOnBase<{ readonly amplitude: number }>): Adds {
      abstract class BareTrainer extends Base {}
      return BareTrainer;
    },
  });
  expect(new (Digits.addOn(Bare))({ ...options, amplitude: 1 })).toBeInstanceOf(Digits);
});
