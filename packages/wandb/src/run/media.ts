import type { LogRecord } from "@snapfit/core";
import { encodePng } from "@snapfit/logging/node";
import { createHash } from "node:crypto";
import { jsonText } from "../log/json-text.js";

/** A value of a row with the file that it tells of. */
export interface MediaFile {
  readonly value: Readonly<Record<string, string | number>>;
  /** Relative to the folder `files`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

type RecordOf<K extends LogRecord["kind"]> = Extract<LogRecord, { readonly kind: K }>;

/** @see wandb/wandb: wandb/sdk/data_types/image.py */
export async function imageFile({ key, step, image }: RecordOf<"image">): Promise<MediaFile> {
  const { bytes, width, height } = await encodePng(image);
  return mediaFile("image-file", "images", `${fileName(key)}_${step}`, "png", bytes, { format: "png", width, height });
}

/** @see wandb/wandb: wandb/sdk/data_types/table.py */
export function tableFile({ key, step, columns, rows }: RecordOf<"table">): MediaFile {
  const bytes = new TextEncoder().encode(jsonText({ columns, data: rows }));
  const figures = { ncols: columns.length, nrows: rows.length, log_mode: "IMMUTABLE" };
  return mediaFile("table-file", "table", `${fileName(key)}_${step}`, "table.json", bytes, figures);
}

/** @see wandb/wandb: wandb/sdk/data_types/histogram.py */
export function histogramValue({ edges, counts }: RecordOf<"histogram">): { _type: string; values: number[]; bins: number[] } {
  return { _type: "histogram", values: [...counts], bins: [...edges] };
}

function mediaFile(
  type: string,
  folder: string,
  name: string,
  ending: string,
  bytes: Uint8Array,
  figures: Readonly<Record<string, string | number>>,
): MediaFile {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const path = `media/${folder}/${name}_${sha256.slice(0, 20)}.${ending}`;
  return { path, bytes, value: { _type: type, sha256, size: bytes.length, path, ...figures } };
}

/** A name as a part of a path that every system takes. */
function fileName(name: string): string {
  return name.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_").slice(0, 60);
}
