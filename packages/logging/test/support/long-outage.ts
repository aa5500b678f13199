import { sendRequest } from "@snapfit/logging";
import { AppendFile } from "@snapfit/logging/node";
import { openSync, readSync } from "node:fs";
import { join } from "node:path";
import { outage, type OutageLog, type OutageOutcome } from "./outage.js";

const ROW_BYTES = 20;
/** Of one request. */
const PIECE_BYTES = 1_000_000;

/** A log as simple as one can be. */
export function longOutage(hours: number, numRows: number): Promise<OutageOutcome> {
  const policy = { firstMs: 2000, capMs: 60_000, jitter: 0.25 };
  return outage({ hours, numRows, policy, idleMs: 15_000, open: openLines, answer: ({ body }) => ({ body: {}, rows: rowsIn(body) }) });
}

function openLines(url: string, folder: string): OutageLog {
  const file = new AppendFile(join(folder, "log"));
  const descriptor = openSync(file.path, "r");
  let sentBytes = 0;
  return {
    source: {
      async send(signal) {
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, file.sizeBytes - sentBytes));
        if (piece.length === 0) return "idle";
        readSync(descriptor, piece, 0, piece.length, sentBytes);
        await sendRequest({ method: "POST", url, body: piece, timeoutMs: 60_000, isPermanent: () => false }, signal);
        sentBytes += piece.length;
        return "more";
      },
    },
    write: (from, to) => file.append(Buffer.from(Array.from({ length: to - from }, (_, i) => rowText(from + i)).join(""))),
    close: () => file.close(),
  };
}

function* rowsIn(body: string): Generator<number> {
  for (let at = 0; at < body.length; at += ROW_BYTES) yield Number(body.slice(at, at + ROW_BYTES));
}

function rowText(index: number): string {
  return `${String(index).padStart(ROW_BYTES - 1, "0")}\n`;
}
