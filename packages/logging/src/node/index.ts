export { AppendFile } from "./append-file.js";
export { RowLedger, type Admission, type LedgerPlace, type LogSegment } from "./row-ledger.js";
