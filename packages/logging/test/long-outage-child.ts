// node --expose-gc long-outage-child.mjs HOURS ROWS
import { longOutage } from "./support/long-outage.js";

console.log(JSON.stringify(await longOutage(Number(process.argv[2]), Number(process.argv[3]))));
