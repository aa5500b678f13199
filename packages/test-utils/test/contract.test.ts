import { describe, test } from "vitest";
import { addOnContract, type Companion } from "../src/index.js";
import { ToyEma } from "./toy-ema.js";
import { ToyLogger } from "./toy-logger.js";

const ema: Companion = { addOn: ToyEma, options: { toyEma: { decay: 0.6 } } };
const logger: Companion = { addOn: ToyLogger, options: ({ storage }) => ({ toyLogger: { storage } }) };

describe("a good add-on that averages weights", () => {
  for (const { name, run } of addOnContract(ToyEma, { ...ema, with: [logger], changesLoss: "validation" })) test(name, run);
});

describe("a good logger", () => {
  for (const { name, run } of addOnContract(ToyLogger, { ...logger, with: [ema] })) test(name, run);
});
