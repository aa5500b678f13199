import { SnapfitError, type StateRecord } from "@snapfit/base";
import {
  applyAddOns,
  defineAddOn,
  hasAddOn,
  Trainer,
  type AddOnBase,
  type AddOnRules,
  type Adds,
  type AnyAddOn,
  type TrainerClass,
} from "@snapfit/core";
import { sgd } from "@snapfit/optim";
import { describe, expect, test } from "vitest";
import { Confusion, Ema, RunLog, Standard, StateManager, Swa, Timer } from "./types/add-ons.js";
import { Digits, digits, options, type DigitBatch } from "./types/digits.js";

const permutations = <T>(list: readonly T[]): T[][] =>
  list.length === 0 ? [[]] : list.flatMap((head, i) => permutations(list.toSpliced(i, 1)).map((tail) => [head, ...tail]));
/** Names of a class and those below it, down to the trainer. */
const chain = (Class: TrainerClass): string[] =>
  (Class as unknown) === Trainer ? ["Trainer"] : [Class.name, ...chain(Object.getPrototypeOf(Class) as TrainerClass)];
/** An add-on that does nothing. */
const bare = (name: string, rules: AddOnRules = {}): AnyAddOn =>
  defineAddOn({
    name,
    rules,
    apply(Base: AddOnBase): Adds {
      abstract class Bare extends Base {}
      return Bare;
    },
  });
/** Code and message of what a call throws. */
const failure = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof SnapfitError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
};

describe("the class chain", () => {
  const four: AnyAddOn[] = [RunLog, StateManager, Timer, Ema];
  const canonical = [
    "Digits+StateManager+Ema+Timer+RunLog",
    "Digits+StateManager+Ema+Timer",
    "Digits+StateManager+Ema",
    "Digits+StateManager",
    "Digits",
    "Trainer",
  ];

  test("is the same for all 24 orders of four add-ons in one call", () => {
    for (const order of permutations(four)) expect(chain(applyAddOns(Digits, order))).toEqual(canonical);
  });

  test("is the same in all 96 ways to cut the call into several in which each add-on finds what it needs", () => {
    let numAllowed = 0;
    for (const order of permutations(four)) {
      if (order.indexOf(Ema) < order.indexOf(StateManager)) continue;
      // One bit for each of the three gaps.
      for (let cuts = 0; cuts < 8; cuts++) {
        let Class: TrainerClass = Digits;
        let group: AnyAddOn[] = [];
        order.forEach((addOn, i) => {
          group.push(addOn);
          if (i < 3 && (cuts & (1 << i)) === 0) return;
          Class = applyAddOns(Class, group);
          group = [];
        });
        expect(chain(Class)).toEqual(canonical);
        numAllowed += 1;
      }
    }
    expect(numAllowed).toBe(12 * 8);
  });

  test("is the same in all 192 ways on a class whose add-ons need nothing", () => {
    const free = ["D", "B", "A", "C"].map((name) => bare(name));
    for (const order of permutations(free)) {
      for (let cuts = 0; cuts < 8; cuts++) {
        const groups = order.reduce<AnyAddOn[][]>(
          (all, addOn, i) => (i > 0 && (cuts & (1 << (i - 1))) === 0 ? [...all.slice(0, -1), [...all.at(-1)!, addOn]] : [...all, [addOn]]),
          [],
        );
        expect(groups.reduce<TrainerClass>((Class, group) => applyAddOns(Class, group), Trainer).name).toBe("Trainer+A+B+C+D");
      }
    }
  });

  test("follows chains of rules, and passes over add-ons that are absent", () => {
    const rules = [bare("A", { after: ["B"] }), bare("B", { after: ["C", "Absent"] }), bare("C", { after: ["D"] }), bare("D")];
    for (const order of permutations(rules)) expect(applyAddOns(Trainer, order).name).toBe("Trainer+D+C+B+A");
  });

  test("puts an add-on outside of what it needs, against the order of names", () => {
    expect(applyAddOns(Trainer, [bare("A", { requires: ["Z"] }), bare("Z"), bare("M")]).name).toBe("Trainer+M+Z+A");
  });

  test("leaves a user's subclass where it is", () => {
    class Mine extends Digits.addOn(Timer) {}
    expect(chain(Mine.addOn(StateManager))).toEqual(["Mine+StateManager", "Mine", "Digits+Timer", "Digits", "Trainer"]);
    expect(chain(Mine.addOn(StateManager).addOn(Ema))).toEqual(chain(Mine.addOn(Ema, StateManager)));
  });

  test("leaves the class that is added to untouched", () => {
    const Saving = Digits.addOn(StateManager);
    Saving.addOn(Ema);
    expect(chain(Saving)).toEqual(["Digits+StateManager", "Digits", "Trainer"]);
    expect(Saving.addOns).toEqual([StateManager]);
    expect(Trainer.addOns).toEqual([]);
    expect(Trainer.name).toBe("Trainer");
  });

  test("skips a result that is added to, so that instanceof knows users' classes only", () => {
    const Saving = Digits.addOn(StateManager);
    const trainer = new (Saving.addOn(Timer))({ ...options, stateManager: { store: new Map() } });
    expect(trainer).toBeInstanceOf(Digits);
    expect(trainer).not.toBeInstanceOf(Saving);
  });

  test("lists its add-ons innermost first, those below a subclass included", () => {
    class Mine extends Standard<DigitBatch> {
      protected override trainingStep() {
        return {};
      }
    }
    expect(Mine.addOn(RunLog, bare("Bare")).addOns.map(({ name }) => name)).toEqual(["StateManager", "Ema", "Timer", "Bare", "RunLog"]);
  });

  test("gives the run the name of the user's class", () => {
    expect(new (Digits.addOn(Timer))(options).runName).toBe("Digits");
  });
});

describe("a broken rule, in plain JavaScript", () => {
  const add = (Class: TrainerClass, ...addOns: AnyAddOn[]): string => failure(() => applyAddOns(Class, addOns));

  test("DUPLICATE: an add-on stands once", () => {
    expect(add(Trainer, Timer, Timer)).toBe("DUPLICATE: Timer is already added.");
    expect(add(Digits.addOn(Timer), Timer)).toBe("DUPLICATE: Timer is already added.");
    expect(add(class extends Digits.addOn(Timer) {}, Timer)).toBe("DUPLICATE: Timer is already added.");
    expect(add(Trainer, Timer, bare("Timer"))).toBe("DUPLICATE: Timer is already added.");
  });

  test("MISSING: an add-on finds what it needs", () => {
    expect(add(Trainer, Ema)).toBe("MISSING: Ema needs StateManager. Add it in the same call or earlier.");
    expect(add(class extends Digits.addOn(StateManager) {}, Ema)).toBe("no error");
  });

  test("CONFLICT: add-ons exclude each other whichever of them says so", () => {
    expect(add(Trainer, StateManager, Swa, Ema)).toBe("CONFLICT: Swa cannot be combined with Ema.");
    expect(add(Trainer.addOn(Swa), StateManager, Ema)).toBe("CONFLICT: Swa cannot be combined with Ema.");
    expect(add(class extends Digits.addOn(StateManager, Ema) {}, Swa)).toBe("CONFLICT: Swa cannot be combined with Ema.");
  });

  test("CIRCLE: rules in a circle are spelt out, without those who only hang on it", () => {
    const circle = [bare("A", { after: ["B"] }), bare("B", { after: ["C"] }), bare("C", { requires: ["A"] }), bare("Z", { after: ["A"] })];
    const text =
      "CIRCLE: Add-ons cannot be put in order: A goes outside of B, B goes outside of C, C goes outside of A. Drop one of these rules.";
    for (const order of permutations(circle)) expect(add(Trainer, ...order)).toBe(text);
  });

  test("CIRCLE: an add-on does not go outside of itself", () => {
    expect(add(Trainer, bare("A", { after: ["A"] }))).toBe(
      "CIRCLE: Add-ons cannot be put in order: A goes outside of A. Drop one of these rules.",
    );
  });

  test("BELOW_SUBCLASS: an add-on cannot get below a subclass", () => {
    class Mine extends Digits.addOn(RunLog) {}
    const text = "BELOW_SUBCLASS: RunLog goes outside of Timer, but class Mine already extends it. Add Timer where RunLog is added.";
    expect(add(Mine, Timer)).toBe(text);
    expect(add(applyAddOns(Mine, [bare("Free")]), Timer)).toBe(text);
  });

  test("NO_SUBCLASS: apply() returns a subclass", () => {
    expect(add(Trainer, { name: "Lazy", apply: (Base: never) => Base })).toBe(
      "NO_SUBCLASS: Lazy returned its base. apply() must return a subclass of it.",
    );
    expect(Trainer.name).toBe("Trainer");
  });

  test("NO_ADD_ON: what is no add-on is named, with what may be the reason", () => {
    const given = (value: unknown): string => add(Trainer, Timer, value as AnyAddOn);
    expect(given(undefined)).toBe(
      "NO_ADD_ON: addOn() got undefined. It takes what defineAddOn() returns. If it is imported, look for modules that import each other.",
    );
    expect(given(null)).toBe("NO_ADD_ON: addOn() got null. It takes what defineAddOn() returns. Wrap the mixin in defineAddOn().");
    expect(given((Base: typeof Digits) => class extends Base {})).toBe(
      "NO_ADD_ON: addOn() got function. It takes what defineAddOn() returns. Wrap the mixin in defineAddOn().",
    );
    expect(given([Timer])).toContain("NO_ADD_ON: addOn() got object.");
  });

  test("leaves nothing behind", () => {
    const before = chain(Digits);
    add(Digits, Timer, StateManager, Swa, Ema);
    expect([chain(Digits), Digits.addOns]).toEqual([before, []]);
    expect(add(Digits, Timer)).toBe("no error");
  });
});

describe("hasAddOn", () => {
  test("tells what a trainer has, below and above subclasses, in results of several calls", () => {
    class Mine extends Digits.addOn(Timer) {}
    const trainer: Trainer = new (Mine.addOn(Confusion).addOn(StateManager))({ ...options, stateManager: { store: new Map() } });
    expect([Timer, Confusion, StateManager].map((addOn: AnyAddOn) => hasAddOn(trainer, addOn))).toEqual([true, true, true]);
    expect([Ema, Swa, RunLog].map((addOn: AnyAddOn) => hasAddOn(trainer, addOn))).toEqual([false, false, false]);
  });

  test("goes by identity, not by name", () => {
    expect(hasAddOn(new (Digits.addOn(Timer))(options), bare("Timer"))).toBe(false);
  });
});

describe("a preset", () => {
  test("is extended, then grows", () => {
    class Mine extends Standard<DigitBatch> {
      protected override trainingStep() {
        return {};
      }
    }
    expect(chain(Mine)).toEqual(["Mine", "Trainer+StateManager+Ema+Timer", "Trainer+StateManager+Ema", "Trainer+StateManager", "Trainer"]);
    expect(Standard.addOn(RunLog).name).toBe("Trainer+StateManager+Ema+Timer+RunLog");
    expect(Standard.name).toBe("Trainer+StateManager+Ema+Timer");
  });
});

describe("options", () => {
  const make = (Class: TrainerClass, more: object): string => failure(() => new (Class as typeof Digits)({ ...options, ...more }));
  class Thresholded extends Digits.addOn(Timer) {
    static override readonly optionNames = ["threshold"];
  }

  test("are known by the add-ons' names in camel case, and by nothing else", () => {
    const Full = Digits.addOn(StateManager, RunLog);
    expect(make(Full, { stateManager: { store: new Map() }, runLog: () => {} })).toBe("no error");
    expect(make(Full, { stateManager: { store: new Map() }, stateManger: {} })).toBe(
      'OPTION_UNKNOWN: There is no option "stateManger". Did you mean "stateManager"?',
    );
    expect(make(Digits, { runLog: () => {} })).toContain('OPTION_UNKNOWN: There is no option "runLog".');
  });

  test("are known by the names that an add-on gives itself, in place of its own", () => {
    const Named = { ...bare("Noisy"), optionNames: ["amplitude"] };
    const Class = applyAddOns(Digits, [Named]);
    expect(make(Class, { amplitude: 1 })).toBe("no error");
    expect(make(Class, { amplitud: 1 })).toBe('OPTION_UNKNOWN: There is no option "amplitud". Did you mean "amplitude"?');
    expect(make(Class, { noisy: 1 })).toContain('OPTION_UNKNOWN: There is no option "noisy". Known: model, ');
  });

  test("of a subclass are known by its optionNames, above and below add-ons and further subclasses", () => {
    class Further extends Thresholded {
      static override readonly optionNames = ["margin"];
    }
    const Full = Further.addOn(Confusion);
    expect(make(Full, { threshold: 1, margin: 2 })).toBe("no error");
    expect(make(Full, { treshold: 1 })).toBe('OPTION_UNKNOWN: There is no option "treshold". Did you mean "threshold"?');
  });

  test("of the trainer are offered as well", () => {
    expect(make(Thresholded, { acumulate: 2 })).toBe('OPTION_UNKNOWN: There is no option "acumulate". Did you mean "accumulate"?');
  });

  test("that resemble nothing are refused with all that are known", () => {
    expect(make(Thresholded, { zzz: 1 })).toMatch(
      /^OPTION_UNKNOWN: There is no option "zzz"\. Known: model, loss, .*threshold, timer\. A subclass names its own options in static optionNames\.$/,
    );
  });
});

describe("a run", () => {
  test("is set up from the inside and closed with what was deferred first", async () => {
    const lines: string[] = [];
    const trainer = new (Digits.addOn(RunLog, Confusion))({
      ...options,
      optimizer: sgd({ learningRate: 1 }),
      runLog: (line) => lines.push(line),
    });
    await trainer.fit({ train: [digits(1), digits(2)], epochs: 1 });
    expect(lines).toEqual(["set up"]);
    expect(trainer.confusion).toHaveLength(100);
    await trainer.close();
    expect(lines).toEqual(["set up", "closed at step 2"]);
  });

  test("goes on from the state that all add-ons wrote", async () => {
    const store = new Map<string, StateRecord>();
    const Full = Digits.addOn(Ema, StateManager);
    const script = () => new Full({ ...options, optimizer: sgd({ learningRate: 1 }), ema: { decay: 0.5 }, stateManager: { store } });
    const train = [digits(1, 2), digits(3, 4, 5, 6)];
    const first = script();
    await first.fit({ train, epochs: 1 });
    expect(first.ema.size).toBe(3); // sizes 2 and 4, decay 0.5
    await first.stateManager.save("end");
    expect(store.get("end")).toMatchObject({ ema: { size: 3 } });
    const second = script();
    expect(await second.stateManager.load("end")).toBe(true);
    expect([second.ema.size, second.progress.step]).toEqual([3, 2]);
    expect(await second.stateManager.load("none")).toBe(false);
    await Promise.all([first.close(), second.close()]);
  });

  test("passes through every add-on and the user's overrides, the outermost first", async () => {
    const lines: string[] = [];
    const said = (name: string, rules: AddOnRules = {}) =>
      defineAddOn({
        name,
        rules,
        apply(Base: AddOnBase): Adds {
          abstract class Said extends Base {
            protected override async onFitStart(): Promise<void> {
              lines.push(name);
              await super.onFitStart();
            }
          }
          return Said;
        },
      });
    class Mine extends Digits.addOn(said("A"), said("B", { after: ["C"] }), said("C")) {
      protected override async onFitStart(): Promise<void> {
        lines.push("Mine");
        await super.onFitStart();
      }
    }
    await using trainer = new (Mine.addOn(said("D")))(options);
    await trainer.fit({ train: [digits(1)], epochs: 1 });
    expect(lines).toEqual(["D", "Mine", "B", "C", "A"]);
  });
});
