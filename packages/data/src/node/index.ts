export { readCsv } from "./read-csv.js";
export { readIdx } from "./read-idx.js";
