// A program that leaves a loader with threads unfinished: `node unfinished-child.mjs DECODER waits|leaves`.
import { loader, type DecodedSet } from "@snapfit/data";

const [module = "", way] = process.argv.slice(2);
const set: DecodedSet<unknown, number> = { length: 1000, at: (index) => index, input: (index) => index, decoder: { module, options: {} } };
const iterator = loader(set, { batchSize: 2, workers: 2 })[Symbol.asyncIterator]();
const { value } = (await iterator.next()) as { value: { x: { data: Int32Array } } };
console.log(`got ${value.x.data.join()}`); // the process has waited for the threads
if (way === "leaves") await iterator.return!();
