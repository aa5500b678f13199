import { expect, test } from "vitest";
import { addOnContract } from "../src/index.js";
import * as brokenAddOns from "./broken-add-ons/index.js";

test.each(Object.values(brokenAddOns).map((broken) => ({ name: broken.addOn.name, ...broken })))(
  "the contract suite names what is wrong with $name",
  async ({ name, addOn, settings, check, sentence }) => {
    const { run } = addOnContract(addOn, settings).find((each) => each.name === check)!;
    const error = await run().then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).toMatch(new RegExp(`^${name} `));
    expect(error?.message).toMatch(sentence);
  },
);
