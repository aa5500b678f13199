import { Uploader, type RetryPolicy, type UploadEnd, type UploadSource } from "@snapfit/logging";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "./fake-clock.js";

/** What came of it. */
export interface OutageOutcome {
  readonly end: UploadEnd;
  readonly numRefused: number;
  readonly numTroubles: number;
  /** Rows that arrived, and whether each was the next one. */
  readonly numArrived: number;
  readonly isInOrder: boolean;
  /** Most resident memory of the process in the outage and after it, over that at its beginning, in MB. */
  readonly grownMB: number;
}

/** A log and its upload. */
export interface OutageLog {
  readonly source: UploadSource;
  /** Writes the rows of these numbers. @param to not included */
  write(from: number, to: number): void;
  /** The run ends. */
  close(): void;
}

export interface OutagePlan {
  readonly hours: number;
  readonly numRows: number;
  readonly policy: RetryPolicy;
  readonly idleMs: number;
  /** @param url of the server @param folder for the log */
  open(url: string, folder: string): OutageLog;
  /** Does what a server does. @returns its answer, and the numbers of the rows that the request brought */
  answer(request: { readonly path: string; readonly body: string; readonly url: string }): {
    readonly body: unknown;
    readonly rows?: Iterable<number>;
  };
}

/** Until pieces are whole, and code and connections have the memory that they take anyway. */
const WARM_UP_TRIES = 100;

/** A server that refuses everything for hours of a fake clock once it has the first rows, while rows are written; then it is well, and all is sent. */
export async function outage({ hours, numRows, policy, idleMs, open, answer }: OutagePlan): Promise<OutageOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "outage-"));
  let numArrived = 0;
  let numRefused = 0;
  let numTroubles = 0;
  let isInOrder = true;
  let isOver = false;
  let before = Infinity;
  let most = 0;
  let numAnswered = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (numArrived > 0 && !isOver) {
      numRefused += 1;
      return void response.writeHead(503).end();
    }
    const { body, rows = [] } = answer({ path: request.url!, body: Buffer.concat(pieces).toString(), url });
    for (const row of rows) isInOrder &&= row === numArrived++;
    response.end(JSON.stringify(body));
    if (++numAnswered % 50 === 0) most = Math.max(most, usedMB());
  };
  const server = createServer((request, response) => void take(request, response)).listen(0, "127.0.0.1");
  server.keepAliveTimeout = 0; // a connection stays while this process is busy with rows
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = open(url, folder);
  const clock = new FakeClock();
  let numWritten = 0;
  const writeTo = (end: number): void => {
    if (end > numWritten) log.write(numWritten, end);
    numWritten = Math.max(numWritten, end);
  };
  writeTo(1);
  const uploader = new Uploader(log.source, { policy, idleMs, clock, onTrouble: () => void (numTroubles += 1) });
  for (let tries = 1; clock.nowMs < hours * 3_600_000; tries++) {
    writeTo(Math.min(numRows, Math.ceil((numRows * clock.nowMs) / (hours * 3_600_000))));
    await clock.next();
    if (tries === WARM_UP_TRIES) before = usedMB();
    if (tries % 100 === 0) most = Math.max(most, usedMB());
  }
  isOver = true;
  writeTo(numRows);
  log.close();
  let isEnded = false;
  const ending = uploader.finish(3_600_000).finally(() => (isEnded = true));
  void (async () => {
    while (!isEnded) await clock.next(2); // waits between tries, but not the deadline
  })();
  const end = await ending;
  most = Math.max(most, usedMB());
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
  return { end, numRefused, numTroubles, numArrived, isInOrder, grownMB: most - before };
}

function usedMB(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}
