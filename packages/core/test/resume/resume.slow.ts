import { equalStates, parseState, stringifyState, type StateRecord } from "@snapfit/base";
import { expect, test } from "vitest";
import { runScenario } from "./scenario.js";

test("on wasm too, a run stopped at any event goes on to the same bits", async () => {
  const whole = await runScenario({ device: "wasm" });
  for (let stopAt = 1; stopAt <= whole.events; stopAt++) {
    const { state } = await runScenario({ device: "wasm", stopAt });
    const resumed = await runScenario({ device: "wasm", from: parseState(stringifyState(state)) as StateRecord });
    expect(equalStates(whole.state, resumed.state), `stopped at event ${stopAt} of ${whole.events}`).toBeUndefined();
  }
});
