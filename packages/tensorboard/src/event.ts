import { ProtoWriter } from "@snapfit/logging/node";
import type { SummaryValue } from "./summary-values.js";
import { tfRecord } from "./tf-record.js";

// Numbers of fields are those of TensorBoard's event.proto.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const SESSION_START = 1;

/** A record with values of a step. */
export function summaryRecord(step: number, values: readonly SummaryValue[], timeMs: number): Uint8Array {
  const writer = event(timeMs);
  writer.varint(EVENT.step, step);
  writer.message(EVENT.summary, () => {
    for (const value of values) writer.message(1, () => value(writer));
  });
  return tfRecord(writer.take());
}

/** The first record of every file. */
export function versionRecord(timeMs: number): Uint8Array {
  const writer = event(timeMs);
  writer.text(EVENT.fileVersion, "brain.Event:2");
  return tfRecord(writer.take());
}

/** Tells readers to forget all that came before. One of TensorBoard's two readers takes the first one for the beginning of the run, which it marks for that reason. */
export function restartRecord(timeMs: number): Uint8Array {
  const writer = event(timeMs);
  writer.message(EVENT.sessionLog, () => writer.varint(1, SESSION_START));
  return tfRecord(writer.take());
}

/** Whether data is that of a {@link restartRecord}. */
export function isRestart(data: Uint8Array): boolean {
  return firstField(data) === EVENT.sessionLog;
}

/** Whether data is that of a {@link summaryRecord}. */
export function isSummary(data: Uint8Array): boolean {
  return [EVENT.step, EVENT.summary].includes(firstField(data));
}

/** The number of the field behind the time, which takes 9 bytes. */
function firstField(data: Uint8Array): number {
  return data[9]! >>> 3;
}

function event(timeMs: number): ProtoWriter {
  const writer = new ProtoWriter();
  writer.double(EVENT.wallTime, timeMs / 1000);
  return writer;
}
