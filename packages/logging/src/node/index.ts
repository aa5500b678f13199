export { AppendFile } from "./append-file.js";
export { captureConsole, type ConsoleLine } from "./capture-console.js";
export { encodePng, type EncodedPng } from "./png.js";
export { encodedText, ProtoWriter } from "./proto-writer.js";
export { RowLedger, type Admission, type LedgerPlace, type LogSegment } from "./row-ledger.js";
export { systemFigures, type Figures } from "./system-figures.js";
export { wholeLinesSize } from "./whole-lines.js";
