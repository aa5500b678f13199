import { sendRequest, Uploader, type UploadSource } from "@snapfit/logging";
import { AppendFile } from "@snapfit/logging/node";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "./fake-clock.js";

/** What came of it. */
export interface OutageOutcome {
  readonly end: string;
  readonly numRefused: number;
  readonly numTroubles: number;
  /** Rows that arrived, and whether each was the next one. */
  readonly numArrived: number;
  readonly isInOrder: boolean;
  /** Most resident memory of the process in the outage and after it, over that at its beginning, in MB. */
  readonly grownMB: number;
}

const ROW_BYTES = 20;
/** Of one request. */
const PIECE_BYTES = 1_000_000;
/** Until pieces are whole, and code and connections have the memory that they take anyway. */
const WARM_UP_TRIES = 100;

/** A server that refuses everything for hours of a fake clock, while rows are written to a log on the disk; then it is well, and all is sent. */
export async function longOutage({ hours, numRows }: { readonly hours: number; readonly numRows: number }): Promise<OutageOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "long-outage-"));
  const file = new AppendFile(join(folder, "log"));
  const descriptor = openSync(file.path, "r");
  let numArrived = 0;
  let isInOrder = true;
  let isDown = true;
  let numRefused = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = Buffer.alloc(0);
    for await (const chunk of request) if (!isDown) body = Buffer.concat([body, chunk as Buffer]);
    if (isDown) numRefused += 1;
    for (let at = 0; at < body.length; at += ROW_BYTES) isInOrder &&= body.toString("latin1", at, at + ROW_BYTES) === rowText(numArrived++);
    response.writeHead(isDown ? 503 : 200).end();
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let sentBytes = 0;
  const source: UploadSource = {
    async send(signal) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, file.sizeBytes - sentBytes));
      if (piece.length === 0) return "idle";
      readSync(descriptor, piece, 0, piece.length, sentBytes);
      await sendRequest({ method: "POST", url, body: piece, timeoutMs: 60_000, isPermanent: () => false }, signal);
      sentBytes += piece.length;
      return "more";
    },
  };
  const clock = new FakeClock();
  let numTroubles = 0;
  let before = 0;
  let most = 0;
  const policy = { firstMs: 2000, capMs: 60_000, jitter: 0.25 };
  const uploader = new Uploader(source, { policy, idleMs: 15_000, clock, onTrouble: () => void (numTroubles += 1) });
  let numWritten = 0;
  for (let tries = 1; clock.nowMs < hours * 3_600_000; tries++) {
    const numDue = Math.min(numRows, Math.ceil((numRows * clock.nowMs) / (hours * 3_600_000)));
    if (numDue > numWritten)
      file.append(Buffer.from(Array.from({ length: numDue - numWritten }, (_, i) => rowText(numWritten + i)).join("")));
    numWritten = Math.max(numWritten, numDue);
    await clock.next();
    if (tries === WARM_UP_TRIES) before = usedMB();
    if (tries % 100 === 0) most = Math.max(most, usedMB());
  }
  isDown = false;
  file.append(Buffer.from(Array.from({ length: numRows - numWritten }, (_, i) => rowText(numWritten + i)).join("")));
  const end = await uploader.finish(3_600_000);
  most = Math.max(most, usedMB());
  server.closeAllConnections();
  server.close();
  file.close();
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
  return { end, numRefused, numTroubles, numArrived, isInOrder, grownMB: most - before };
}

function rowText(index: number): string {
  return `${String(index).padStart(ROW_BYTES - 1, "0")}\n`;
}

function usedMB(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}
