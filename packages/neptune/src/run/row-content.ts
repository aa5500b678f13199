import type { EncodedPng } from "@snapfit/logging/node";
import type { BestModelState } from "@snapfit/core";
import { encodeSafetensors, fromHostTensors } from "@snapfit/safetensors";
import { basename, extname } from "node:path";
import { logFloatText, operationText, pathOf, type Operation } from "../log/operation.js";
import { cutText, measuredAttributes } from "./attributes.js";
import { ALERTS, type RecordOf, type RowRecord } from "./run-position.js";

const MAX_SERIES_STRING = 1000;
const MAX_IMAGE_BYTES = 32 * 2 ** 20;

/** What a row is written with. */
export interface RowContext {
  /** The steps of its series, as the core gave them. */
  readonly steps: readonly number[];
  /** Unix time in seconds. */
  readonly ts: number;
  /** Of the row's own file, should it need one, without an ending. */
  readonly fileName: string;
  /** Told of a number that the format does not have. */
  onDrop(name: string, value: number): void;
}

/** What a row is in the log. */
export interface RowContent {
  /** JSON of operations. */
  readonly operations: readonly string[];
  /** A file that they name: bytes, or the path of one to copy. */
  readonly file?: { readonly name: string; readonly content: Uint8Array | string };
}

/** The row of a record that needs no encoding. */
export function rowContent(record: Exclude<RowRecord, RecordOf<"image">>, context: RowContext): RowContent {
  const { fileName, onDrop } = context;
  const step = context.steps[0] ?? record.step;
  switch (record.kind) {
    case "scalars":
      return { operations: scalarOperations(record, context) };
    case "text":
      return textContent(record.key, record.text, step, context);
    case "alert":
      return textContent(ALERTS, `[${record.level}] ${record.title}: ${record.text}`, step, context);
    case "table":
      return withFile(`${record.key}/step_${record.step}`, "csv", fileName, Buffer.from(csvOf(record)));
    case "file":
      return withFile(record.key, extname(basename(record.path)).slice(1), fileName, record.path);
    case "summary":
      return { operations: measuredAttributes("summary", record.values, onDrop).map(operationText) };
  }
}

/** The end of a fit, with the best weights as the file `model/best`. */
export function endContent(record: RecordOf<"summary">, { weights, monitor, value }: BestModelState, context: RowContext): RowContent {
  const bytes = encodeSafetensors(fromHostTensors(weights), { metadata: { monitor, value: String(value) } });
  const model = withFile("model/best", "safetensors", context.fileName, bytes);
  return { ...model, operations: [...rowContent(record, context).operations, ...model.operations] };
}

/** @throws Error for a picture that is too big for servers */
export function imageContent({ key }: RecordOf<"image">, { bytes }: EncodedPng, { steps, ts }: RowContext): RowContent {
  if (bytes.length > MAX_IMAGE_BYTES)
    throw new Error(`Image "${key}" takes ${bytes.length} bytes as PNG. Servers take ${MAX_IMAGE_BYTES}. Log a smaller one, or a file.`);
  const value = { data: Buffer.from(bytes).toString("base64"), name: null, description: null };
  return { operations: [operationText({ type: "LogImages", path: pathOf(key), values: [{ value, step: steps[0]!, ts }] })] };
}

function scalarOperations({ values }: RecordOf<"scalars">, { steps, ts, onDrop }: RowContext): string[] {
  const operations: string[] = [];
  let i = 0;
  for (const name in values) {
    const value = values[name]!;
    const step = steps[i++] ?? steps[0]!; // what the logger has added stands beside the rest
    if (Number.isFinite(value)) operations.push(logFloatText(name, value, step, ts));
    else onDrop(name, value);
  }
  return operations;
}

/** Servers keep 1000 characters of a text; all of a longer one is a file. */
function textContent(name: string, text: string, step: number, { ts, fileName }: RowContext): RowContent {
  const value = cutText(text, MAX_SERIES_STRING);
  const series = operationText({ type: "LogStrings", path: pathOf(name), values: [{ value, step, ts }] });
  if (value === text) return { operations: [series] };
  const { operations, file } = withFile(`long_texts/${name}/step_${step}`, "txt", fileName, Buffer.from(text));
  return { operations: [series, ...operations], file: file! };
}

function withFile(name: string, ext: string, fileName: string, content: Uint8Array | string): RowContent {
  const tmpName = ext === "" ? fileName : `${fileName}.${ext}`;
  const upload: Operation = {
    type: "UploadFile",
    path: pathOf(name),
    ext,
    file_path: null,
    tmp_file_name: tmpName,
    clean_after_upload: false,
  };
  return { operations: [operationText(upload)], file: { name: tmpName, content } };
}

/** @see RFC 4180 */
function csvOf({ columns, rows }: RecordOf<"table">): string {
  const cell = (value: string | number | boolean | null): string => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
