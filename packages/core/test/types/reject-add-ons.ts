// What must not compile of add-ons. compilers.test.ts checks text and position of each error; nothing here is called.
import { defineAddOn, hasAddOn, Trainer, type AddOn, type AddOnBase, type Adds, type StepResult, type TrainerOptions } from "@snapfit/core";
import { Confusion, Ema, RunLog, Standard, StateManager, Swa, Timer, type EmaMembers } from "./add-ons.js";
import { Digits, options, type DigitBatch } from "./digits.js";

/** An add-on that is never run. */
const declare =
  <Options, Members, Host extends Trainer = Trainer>() =>
  (Base: AddOnBase<Options, Host>): Adds<Members> =>
    Base as never;
const Saver = defineAddOn({ name: "Saver", apply: declare<{}, { saveState(): number }>() });
const Stopwatch = defineAddOn({ name: "Stopwatch", apply: declare<{}, { elapsedMs(): number }>() });
const Runner = defineAddOn({ name: "Runner", apply: declare<{}, { readonly run: () => number }>() });
const Classes = defineAddOn({ name: "Classes", apply: declare<{}, { numClasses: number }>() });
const Logger = defineAddOn({ name: "Logger", apply: declare<{ runLog: string }, {}>() });
const Seeds = defineAddOn({ name: "Seeds", apply: declare<{ seed: readonly number[] }, {}>() });
const Thresholds = defineAddOn({ name: "Thresholds", apply: declare<{ threshold: number }, {}>() });
const NamedClasses = defineAddOn({ name: "NamedClasses", apply: declare<{}, {}, Trainer & { readonly numClasses: string }>() });
const Both = defineAddOn({ name: "Both", rules: { requires: ["StateManager", "Timer"] }, apply: declare<{}, {}>() });
const Left = defineAddOn({ name: "Left", rules: { after: ["Right"] }, apply: declare<{}, {}>() });
const Right = defineAddOn({ name: "Right", rules: { after: ["Left"] }, apply: declare<{}, {}>() });
const One = defineAddOn({ name: "One", rules: { after: ["Two"] }, apply: declare<{}, {}>() });
const Two = defineAddOn({ name: "Two", rules: { requires: ["Three"] }, apply: declare<{}, {}>() });
const Three = defineAddOn({ name: "Three", rules: { after: ["One"] }, apply: declare<{}, {}>() });
const Self = defineAddOn({ name: "Self", rules: { after: ["Self"] }, apply: declare<{}, {}>() });
/** As if it were built on a core whose trainer is another class. */
const Stray = { name: "Stray", apply: (Base: abstract new (options: { model: string }) => { fit(): void }) => Base } as const;
const Full = Digits.addOn(StateManager, Ema);
const Saving = Digits.addOn(StateManager);
const full = { ...options, stateManager: { store: new Map() }, ema: { decay: 0.9 } };

function rules(): void {
  // what an add-on needs must be there
  // @ts-expect-error `Ema` not assignable to parameter of type '"Ema needs StateManager"'
  Trainer.addOn(Ema);
  // every add-on that is missing is named
  // @ts-expect-error `Both` '"Both needs StateManager" | "Both needs Timer"'
  Trainer.addOn(Both);
  // of several add-ons only the wrong one is underlined
  // @ts-expect-error `Ema` '"Ema needs StateManager"'
  Digits.addOn(Timer, Ema, RunLog);
  // an add-on stands once in a call
  // @ts-expect-error `Timer` '"Timer is already added"'
  Trainer.addOn(RunLog, Timer, Timer);
  // an add-on of a preset is there already
  // @ts-expect-error `Timer` '"Timer is already added"'
  Standard.addOn(RunLog, Timer);
  // an add-on is refused beside one that it excludes
  // @ts-expect-error `Swa` '"Swa cannot be combined with Ema"'
  Trainer.addOn(StateManager, Ema, Swa);
  // an add-on is refused beside one that excludes it
  // @ts-expect-error `Ema` '"Ema cannot be combined with Swa"'
  Trainer.addOn(Swa, StateManager, Ema);
  // an add-on is refused on a preset that holds one that it excludes
  // @ts-expect-error `Swa` '"Swa cannot be combined with Ema"'
  Standard.addOn(Swa);
  // two rules in a circle are refused
  // @ts-expect-error `Right` '"Right would have to be outside of itself: circular rules with Left"'
  Trainer.addOn(Left, Right);
  // three rules in a circle are refused
  // @ts-expect-error `Three` '"Three would have to be outside of itself: circular rules with One"'
  Trainer.addOn(One, Two, Three);
  // a circle is refused where a later call closes it
  // @ts-expect-error `Left` '"Left would have to be outside of itself: circular rules with Right"'
  Trainer.addOn(Right).addOn(Left);
  // an add-on cannot go outside of itself
  // @ts-expect-error `Self` '"Self would have to be outside of itself: circular rules with Self"'
  Trainer.addOn(Self);
}

function clashes(): void {
  // a member of the trainer cannot be added
  // @ts-expect-error `Saver` '"Saver adds a member the trainer already has: saveState"'
  Trainer.addOn(Saver);
  // two add-ons cannot add the same member
  // @ts-expect-error `Stopwatch` '"Stopwatch adds a member the trainer already has: elapsedMs"'
  Trainer.addOn(Timer, Stopwatch);
  // a member of the user's class cannot be added
  // @ts-expect-error `Classes` '"Classes adds a member the trainer already has: numClasses"'
  Digits.addOn(Classes);
  // two add-ons cannot take the same option
  // @ts-expect-error `Logger` '"Logger takes an option already taken: runLog"'
  Trainer.addOn(RunLog, Logger);
  // an option of the trainer cannot be taken
  // @ts-expect-error `Seeds` '"Seeds takes an option already taken: seed"'
  Trainer.addOn(Seeds);
  class Thresholded extends Digits {
    constructor(given: TrainerOptions & { readonly threshold: number }) {
      super(given);
    }
  }
  // an option of the user's class cannot be taken
  // @ts-expect-error `Thresholds` '"Thresholds takes an option already taken: threshold"'
  Thresholded.addOn(Thresholds);
}

function hosts(): void {
  // a host must have what the add-on needs
  // @ts-expect-error `Confusion` '"Confusion needs a trainer with numClasses"'
  Trainer.addOn(Confusion);
  // a host must have it in the type that the add-on needs
  // @ts-expect-error `NamedClasses` '"NamedClasses needs a trainer with numClasses"'
  Digits.addOn(NamedClasses);
  // an add-on that knows another trainer class is refused
  // @ts-expect-error `Stray` is not assignable to parameter of type
  Digits.addOn(Stray);
  class Positional extends Digits {
    constructor(
      readonly path: string,
      given: TrainerOptions,
    ) {
      super(given);
    }
  }
  // a class whose constructor takes more than its options takes no add-ons
  // @ts-expect-error `Positional` Target signature provides too few arguments. Expected 2 or more, but got 1.
  Positional.addOn(Timer);
  class Plain {}
  // a class that is no trainer has no addOn
  // @ts-expect-error `addOn` Property 'addOn' does not exist on type 'typeof Plain'
  Plain.addOn(Timer);
}

function lists(some: (typeof Timer | typeof Swa)[]): void {
  // a list of unknown length is for applyAddOns
  // @ts-expect-error `...some` '"list add-ons one by one or in a const tuple; applyAddOns() takes any list"'
  Trainer.addOn(...some);
  // a trainer class is no add-on
  // @ts-expect-error `Digits` Argument of type 'typeof Digits' is not assignable to parameter of type 'AnyAddOn'
  Trainer.addOn(Digits);
  // a bare mixin function is no add-on
  // @ts-expect-error `(Base: typeof Trainer) => Base` '"a function is no add-on; pass what defineAddOn() returns"'
  Trainer.addOn((Base: typeof Trainer) => Base);
  // the name of an add-on is no add-on
  // @ts-expect-error `"Timer"` Argument of type 'string' is not assignable to parameter of type 'AnyAddOn'
  Trainer.addOn("Timer");
  // an array of add-ons is not spread by itself
  // @ts-expect-error `[Timer, StateManager]` is missing the following properties from type 'AddOn<string, any, any, AddOnRules, any>': name, apply
  Trainer.addOn([Timer, StateManager]);
  // an add-on that may be undefined is refused
  // @ts-expect-error `some[0]` Type 'undefined' is not assignable to type 'AddOn<string, any, any, AddOnRules, any>'
  Trainer.addOn(some[0]);
  // a result of a class with a batch type is no longer generic
  // @ts-expect-error `Digits.addOn(Timer)` No base constructor has the specified number of type arguments
  class Generic extends Digits.addOn(Timer)<DigitBatch> {}
  void Generic;
}

function results(): void {
  // an option of an add-on has its type
  // @ts-expect-error `decay` Type 'string' is not assignable to type 'number'
  new Full({ ...full, ema: { decay: "0.9" } });
  // a required option of an add-on cannot be left out
  // @ts-expect-error `options` Property 'stateManager' is missing in type 'TrainerOptions' but required in type 'StateManagerOptions'
  new Saving(options);
  // an unknown option is refused with the nearest known one
  // @ts-expect-error `stateManger` 'stateManger' does not exist in type 'TrainerOptions & StateManagerOptions'. Did you mean to write 'stateManager'?
  new Saving({ ...options, stateManger: { store: new Map() } });
  // an unknown option within the options of an add-on is refused
  // @ts-expect-error `warmup` 'warmup' does not exist in type '{ readonly decay: number; }'
  new Full({ ...full, ema: { decay: 0.5, warmup: 5 } });
  // options cannot be left out altogether
  // @ts-expect-error `new Full()` Expected 1 arguments, but got 0
  new Full();
  // a trainer without the add-ons is no trainer with them
  // @ts-expect-error `bare` Property 'stateManager' is missing in type 'Digits' but required in type 'StateManagerMembers'
  const bare: InstanceType<typeof Saving> = new Digits(options);
  // a member of an add-on that was not added does not exist
  // @ts-expect-error `elapsedMs` Property 'elapsedMs' does not exist on type 'Digits & StateManagerMembers'
  new Saving(full).elapsedMs();
  // a preset of an abstract class cannot be built
  // @ts-expect-error `new Standard(full)` Cannot create an instance of an abstract class
  new Standard(full);
  // a trainer with part of a preset's add-ons does not pass for the preset
  // @ts-expect-error `preset` Property 'ema' is missing in type
  const preset: Standard<DigitBatch> = new (Digits.addOn(StateManager, Timer))(full);
  // the list of add-ons of a class cannot be changed
  // @ts-expect-error `push` Property 'push' does not exist on type 'readonly
  Full.addOns.push(Timer);
  void [bare, preset];
}

function subclasses(): void {
  // a trainer without a trainingStep is not complete
  // @ts-expect-error `Incomplete` does not implement inherited abstract member trainingStep from class 'Trainer<DigitBatch> &
  class Incomplete extends Standard<DigitBatch> {}
  class Wrong extends Standard<DigitBatch> {
    // a step takes the batch type of the preset it extends
    // @ts-expect-error `trainingStep` Type 'DigitBatch' is not assignable to type 'string'
    protected override trainingStep(batch: string): StepResult {
      return batch === "" ? {} : { one: 1 };
    }
  }
  class Shadow extends Full {
    // a member of an add-on keeps its parts in a subclass
    // @ts-expect-error `ema` Property 'reset' is missing in type '{ size: number; }'
    override readonly ema = { size: 1 };
  }
  class Loud extends Digits.addOn(Timer) {
    // a method of an add-on keeps its result in a subclass
    // @ts-expect-error `elapsedMs` Type '() => string' is not assignable to type '() => number'
    override elapsedMs(): string {
      return "long";
    }
  }
  class Quiet extends Digits.addOn(Timer) {
    // what overrides a member of an add-on says so
    // @ts-expect-error `elapsedMs` This member must have an 'override' modifier because it overrides a member in the base class
    elapsedMs(): number {
      return 0;
    }
  }
  class Method extends Digits.addOn(Runner) {
    // a property of an add-on cannot become a method
    // @ts-expect-error `run` defines instance member property 'run', but extended class 'Method' defines it as instance member function
    override run(): number {
      return 1;
    }
  }
  void [Incomplete, Wrong, Shadow, Loud, Quiet, Method];
}

function narrowing(trainer: Trainer): void {
  // members of an add-on are unknown before hasAddOn
  // @ts-expect-error `ema` Property 'ema' does not exist on type 'Trainer<unknown>'
  void trainer.ema.size;
  if (hasAddOn(trainer, Ema)) {
    // hasAddOn gives the members of that add-on only
    // @ts-expect-error `elapsedMs` Property 'elapsedMs' does not exist on type 'Trainer<unknown> & EmaMembers'
    trainer.elapsedMs();
  }
  // hasAddOn asks for an add-on
  // @ts-expect-error `Digits` Argument of type 'typeof Digits' is not assignable to parameter of type 'AddOn<any, any, unknown, any, any>'
  hasAddOn(trainer, Digits);
  // hasAddOn asks a trainer
  // @ts-expect-error `{}` is missing the following properties from type 'Trainer<unknown>'
  hasAddOn({}, Ema);
}

function declarations(): void {
  // an add-on has a name
  // @ts-expect-error `{` Property 'name' is missing in type
  defineAddOn({ apply: declare<{}, {}>() });
  // a misspelt rule is refused with the nearest known one
  // @ts-expect-error `require` 'require' does not exist in type 'AddOnRules
  defineAddOn({ name: "Typo", rules: { require: ["Ema"] }, apply: declare<{}, {}>() });
  // a misspelt rule beside a right one is refused
  // @ts-expect-error `conflict` '"There is no such rule. Rules are requires, conflicts and after."'
  defineAddOn({ name: "Typo", rules: { requires: ["Ema"], conflict: ["Swa"] }, apply: declare<{}, {}>() });
  // a rule is a list
  // @ts-expect-error `requires` Type 'string' is not assignable to type 'readonly string[]'
  defineAddOn({ name: "Text", rules: { requires: "Ema" }, apply: declare<{}, {}>() });
  // optionNames is a list
  // @ts-expect-error `optionNames` Type 'string' is not assignable to type 'readonly string[]'
  defineAddOn({ name: "Amplitude", optionNames: "amplitude", apply: declare<{ amplitude: number }, {}>() });
  // an annotated add-on has the name of its type
  // @ts-expect-error `name` Type '"Other"' is not assignable to type '"Extra"'
  const other: AddOn<"Extra", {}, {}> = { name: "Other", apply: declare<{}, {}>() };
  // an add-on adds the members that it declares
  // @ts-expect-error `wrong` Property 'ema' is missing in type 'TimerMembers' but required in type 'EmaMembers'
  const wrong: AddOn<"Timer", {}, EmaMembers> = Timer;
  void [other, wrong];
}

const Nothing = defineAddOn({
  name: "Nothing",
  apply(Base: AddOnBase): Adds<{ count(): number }> {
    abstract class NothingTrainer extends Base {}
    // the class of an add-on has the members that it declares
    // @ts-expect-error `return NothingTrainer` Property 'count' is missing in type 'Trainer<unknown>' but required in type '{ count(): number; }'
    return NothingTrainer;
  },
});

const Concrete = defineAddOn({
  name: "Concrete",
  apply(Base: AddOnBase): Adds {
    // the class of an add-on is abstract
    // @ts-expect-error `ConcreteTrainer` Non-abstract class 'ConcreteTrainer' does not implement inherited abstract member trainingStep
    class ConcreteTrainer extends Base {}
    return ConcreteTrainer;
  },
});

const Stepping = defineAddOn({
  name: "Stepping",
  apply(Base: AddOnBase): Adds {
    abstract class SteppingTrainer extends Base {
      protected override trainingStep(batch: unknown, index: number, name: string): StepResult {
        // an add-on cannot wrap trainingStep, which is abstract below it
        // @ts-expect-error `trainingStep` Abstract method 'trainingStep' in class 'TrainerSteps<Batch>' cannot be accessed via super expression
        return super.trainingStep(batch, index, name);
      }
    }
    return SteppingTrainer;
  },
});

const Withholding = defineAddOn({
  name: "Withholding",
  apply(Base: AddOnBase<{ readonly withholding: number }>): Adds {
    abstract class WithholdingTrainer extends Base {
      constructor(given: TrainerOptions) {
        // the class of an add-on passes its options on
        // @ts-expect-error `given` Property 'withholding' is missing in type 'TrainerOptions'
        super(given);
      }
    }
    return WithholdingTrainer;
  },
});

const Late = defineAddOn({
  name: "Late",
  // apply is synchronous
  // @ts-expect-error `apply` Type 'Promise<Adds>' is not assignable to type 'Adds<unknown>'
  async apply(Base: AddOnBase): Promise<Adds> {
    abstract class LateTrainer extends Base {}
    return LateTrainer;
  },
});

void [rules, clashes, hosts, lists, results, subclasses, narrowing, declarations, Nothing, Concrete, Stepping, Withholding, Late];
