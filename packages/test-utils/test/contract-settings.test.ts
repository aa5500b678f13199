import { applyAddOns, defineAddOn, type AddOnBase, type AddOnRules, type Adds, type AnyAddOn, type Gradients } from "@snapfit/core";
import { describe, expect, test } from "vitest";
import { addOnContract, TestRanks, TinyTrainer, type Companion } from "../src/index.js";
import { ToyEma } from "./toy-ema.js";
import { ToyLogger } from "./toy-logger.js";

/** What a check says: undefined if it passes. */
async function sentenceOf(checks: ReturnType<typeof addOnContract>, name: string): Promise<string | undefined> {
  const check = checks.find((each) => each.name === name);
  if (!check) throw new Error(`There is no check "${name}".`);
  return check.run().then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}

const logger: Companion = { addOn: ToyLogger, options: ({ storage }) => ({ toyLogger: { storage } }) };

/** An add-on that does nothing. */
function idle(name: string, rules: AddOnRules = {}): AnyAddOn {
  return defineAddOn({
    name,
    rules,
    apply(Base: AddOnBase): Adds {
      abstract class Idle extends Base {}
      return Idle;
    },
  });
}

/** Requires ToyEma, has a method that only a user calls, and needs a host with a member. */
const Reporter = defineAddOn({
  name: "Reporter",
  rules: { requires: ["ToyEma"], conflicts: ["Nobody"] },
  apply(
    Base: AddOnBase<{ readonly reporter?: { readonly title: string } }, TinyTrainer & { readonly numClasses: number }>,
  ): Adds<{ report(): string }> {
    abstract class ReporterTrainer extends Base {
      #calls = 0;
      report(): string {
        this.#calls += 1;
        return `${this.numClasses} classes, ${this.#calls} calls`;
      }
      override async useBest(): Promise<void> {
        await super.useBest();
      }
    }
    return ReporterTrainer;
  },
});

class Host extends TinyTrainer {
  readonly numClasses = 3;
}

describe("an add-on that needs another one, a host and a scenario", () => {
  const reports: string[] = [];
  const checks = addOnContract(Reporter, {
    options: { reporter: { title: "Report" } },
    needs: [{ addOn: ToyEma }],
    with: [logger, { addOn: idle("Nobody") }],
    host: Host,
    scenario: async (trainer) => {
      reports.push(trainer.report());
      await trainer.useBest();
    },
  });

  test("is not tried with one that it excludes", () => {
    expect(checks.map(({ name }) => name)).toContain("stands beside ToyLogger, in every order");
    expect(checks.map(({ name }) => name).filter((name) => name.includes("Nobody") || name.includes("all others"))).toEqual([]);
  });

  test.each(checks)("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });

  test("its scenario has run with its members and the host's", () => {
    expect(new Set(reports)).toEqual(new Set(["3 classes, 1 calls"]));
  });
});

test("without a scenario, an override that is never reached is named", async () => {
  const checks = addOnContract(Reporter, { needs: [{ addOn: ToyEma }], host: Host });
  expect(await sentenceOf(checks, "calls super once, and where it belongs")).toBe(
    "Reporter overrides useBest, which was never called. Give the contract a scenario that reaches it.",
  );
});

test("an add-on is tried with all others together, but for those that exclude each other", async () => {
  const excluded = idle("Excluded", { conflicts: ["ToyLogger"] });
  const checks = addOnContract(ToyEma, { with: [logger, { addOn: excluded }], changesLoss: "validation" });
  expect(await sentenceOf(checks, "stands beside all others together, in every order")).toBeUndefined();
});

test("an add-on that sums over ranks by itself needs no TestRanks", async () => {
  const checks = addOnContract(TestRanks, { sumsOverRanks: true });
  expect(await sentenceOf(checks, "runs on two ranks, and touches the world on one")).toBeUndefined();
  expect(await sentenceOf(checks, "calls super once, and where it belongs")).toBeUndefined();
});

test("a trainer that cannot be built with the add-on says so", async () => {
  const needy = idle("Needy", { requires: ["Missing"] });
  expect(await sentenceOf(addOnContract(needy), "stands beside add-ons that do nothing, in every order")).toBe(
    "Needy cannot be added by addOn(Needy, AaBystander, ZzBystander): Needy needs Missing. Add it in the same call or earlier.",
  );
});

test("rules that change between calls are named", async () => {
  let calls = 0;
  const fickle = {
    name: "Fickle",
    get rules() {
      return { after: calls++ % 40 < 20 ? ["AaBystander"] : ["ZzBystander"] };
    },
    apply: idle("Fickle").apply,
  };
  expect(applyAddOns(TinyTrainer, [fickle]).name).toBe("TinyTrainer+Fickle");
  expect(await sentenceOf(addOnContract(fickle), "stands beside add-ons that do nothing, in every order")).toMatch(
    /^Fickle with add-ons that do nothing: .* gives the class .*, but .* gives .*\. Rules must not change between calls\.$/,
  );
});

test("gradients that stay as they are are no fault", async () => {
  const passing = defineAddOn({
    name: "Passing",
    apply(Base: AddOnBase): Adds {
      abstract class PassingTrainer extends Base {
        protected override reduceGradients(gradients: Gradients): Gradients | Promise<Gradients> {
          return super.reduceGradients(gradients);
        }
      }
      return PassingTrainer;
    },
  });
  expect(await sentenceOf(addOnContract(passing), "leaves to the loop what is the loop's")).toBeUndefined();
});
