import { equalStates, parseState, stringifyState, type StateRecord } from "@snapfit/base";
import { nativeStatus } from "@snapfit/native";
import { expect, test } from "vitest";
import { runScenario } from "./scenario.js";

test.each(nativeStatus().isAvailable ? ["wasm", "native"] : ["wasm"])(
  "on %s too, a run stopped at any event goes on to the same bits",
  async (device) => {
    const whole = await runScenario({ device });
    for (let stopAt = 1; stopAt <= whole.events; stopAt++) {
      const { state } = await runScenario({ device, stopAt });
      const resumed = await runScenario({ device, from: parseState(stringifyState(state)) as StateRecord });
      expect(equalStates(whole.state, resumed.state), `stopped at event ${stopAt} of ${whole.events}`).toBeUndefined();
    }
  },
);
