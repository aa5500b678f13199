import { Message } from "./message.js";
import { tfRecord } from "./tf-record.js";

// Numbers of fields are those of TensorBoard's event.proto.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 };
const SESSION_START = 1;
/** Of a field and its length, at most. */
const LENGTH_BYTES = 16;

/** A record with values of a step. */
export function summaryRecord(step: number, values: readonly Message[], timeMs: number): Uint8Array {
  const sizeBytes = values.reduce((sum, value) => sum + value.sizeBytes + LENGTH_BYTES, 0);
  const summary = new Message(sizeBytes);
  for (const value of values) summary.message(1, value);
  return tfRecord(event(timeMs, sizeBytes).int(EVENT.step, step).message(EVENT.summary, summary).bytes);
}

/** The first record of every file. */
export function versionRecord(timeMs: number): Uint8Array {
  return tfRecord(event(timeMs).string(EVENT.fileVersion, "brain.Event:2").bytes);
}

/** Tells readers to forget all that came before. One of TensorBoard's two readers takes the first one for the beginning of the run, which it marks for that reason. */
export function restartRecord(timeMs: number): Uint8Array {
  return tfRecord(event(timeMs).message(EVENT.sessionLog, new Message().int(1, SESSION_START)).bytes);
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

function event(timeMs: number, sizeBytes = 0): Message {
  return new Message(sizeBytes + 2 * LENGTH_BYTES).double(EVENT.wallTime, timeMs / 1000);
}
