import { describe, expect, test } from "vitest";
import { addOnContract, type Companion } from "../src/index.js";
import { ToyEma } from "./toy-ema.js";
import { ToyLogger } from "./toy-logger.js";

const ema: Companion = { addOn: ToyEma, options: { toyEma: { decay: 0.6 } } };
const logger: Companion = { addOn: ToyLogger, options: ({ storage }) => ({ toyLogger: { storage } }) };

describe("a good add-on that averages weights", () => {
  test.each(addOnContract(ToyEma, { ...ema, with: [logger], changesLoss: "validation" }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe("a good logger", () => {
  test.each(addOnContract(ToyLogger, { ...logger, with: [ema] }))("$name", async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
