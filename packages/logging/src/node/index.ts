export { AppendFile } from "./append-file.js";
export { encodePng, type EncodedPng } from "./png.js";
export { RowLedger, type Admission, type LedgerPlace, type LogSegment } from "./row-ledger.js";
