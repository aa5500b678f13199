/** A value of a series. */
export interface SeriesEntry<V> {
  readonly value: V;
  /** Larger than those before; null lets the server count. */
  readonly step: number | null;
  /** Unix time in seconds. */
  readonly ts: number;
}

/** A picture in a series. */
interface LoggedImage {
  /** Base64 of the file. */
  readonly data: string;
  readonly name: string | null;
  readonly description: string | null;
}

/** What a line of the log says: fields as they stand there. */
export type Operation = { readonly path: readonly string[] } & (
  | { readonly type: "AssignFloat" | "AssignInt"; readonly value: number }
  | { readonly type: "AssignBool"; readonly value: boolean }
  | { readonly type: "AssignString"; readonly value: string }
  /** Unix time in milliseconds. */
  | { readonly type: "AssignDatetime"; readonly value: number }
  | { readonly type: "AddStrings"; readonly values: readonly string[] }
  | { readonly type: "LogFloats"; readonly values: readonly SeriesEntry<number>[] }
  | { readonly type: "LogStrings"; readonly values: readonly SeriesEntry<string>[] }
  | { readonly type: "LogImages"; readonly values: readonly SeriesEntry<LoggedImage>[] }
  /** How a series is shown. */
  | { readonly type: "ConfigFloatSeries"; readonly min: number; readonly max: number; readonly unit: string }
  /** A file in `upload_path`. */
  | {
      readonly type: "UploadFile";
      readonly ext: string;
      readonly file_path: null;
      readonly tmp_file_name: string;
      readonly clean_after_upload: false;
    }
);

/** An operation as it stands in the log. */
export interface LoggedOperation {
  readonly obj: Operation;
  /** Counted from 1 without gaps. */
  readonly version: number;
  /** Unix time in seconds. */
  readonly at: number;
}

/** JSON of an operation, in ASCII: readers open the log with the encoding of their system. */
export function operationText(operation: Operation): string {
  return asciiJson(operation);
}

/** The operation that a run has most of, without the detour by an object. @param value finite */
export function logFloatText(name: string, value: number, step: number | null, ts: number): string {
  return `{"type":"LogFloats","path":${pathText(name)},"values":[{"value":${value},"step":${step},"ts":${ts}}]}`;
}

/** The parts of a name with slashes; empty ones count for nothing, as in the official client. */
export function pathOf(name: string): readonly string[] {
  const path = name.split("/").filter((part) => part !== "");
  return path.length === 0 ? ["unnamed"] : path;
}

const pathTexts = new Map<string, string>();

function pathText(name: string): string {
  let text = pathTexts.get(name);
  if (text === undefined) pathTexts.set(name, (text = asciiJson(pathOf(name))));
  return text;
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
