// node --expose-gc long-outage-child.mjs HOURS ROWS
import { longOutage } from "./support/long-outage.js";

console.log(JSON.stringify(await longOutage({ hours: Number(process.argv[2]), numRows: Number(process.argv[3]) })));
