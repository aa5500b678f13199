// Ends by itself though it never stops the second sampling. The first one is stopped before anything of it has begun.
import { systemFigures } from "@snapfit/logging/node";

systemFigures(() => undefined)();
let numSamples = 0;
systemFigures(() => void (numSamples += 1));
process.once("exit", () => console.log(`${numSamples} sample`));
