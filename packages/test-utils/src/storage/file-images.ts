import type { DataOperation } from "./disk-log.js";

/** Bytes that a file may have on disk. */
export interface FileImage {
  readonly bytes: Uint8Array;
  /** The last call that must have begun for them to be there. */
  readonly call: number;
  /** What is missing, in words. */
  readonly lost: readonly string[];
}

/** All that a file may hold when `pending` came after its last sync: each content once, that with nothing lost at the end. */
export function fileImages(durable: Uint8Array, pending: readonly DataOperation[]): FileImage[] {
  const images: FileImage[] = [{ bytes: durable, call: 0, lost: pending.map(lostWhole) }];
  let whole = durable;
  let firstPending = durable.length;
  for (const [i, operation] of pending.entries()) {
    const start = operation.replaces ? 0 : whole.length;
    if (operation.replaces) firstPending = 0;
    whole = after(operation, whole);
    const add = (bytes: Uint8Array, loss?: string): void => {
      const own = loss === undefined ? [] : [`${operation.title} (call ${operation.call}): ${loss}`];
      images.push({ bytes, call: operation.call, lost: [...own, ...pending.slice(i + 1).map(lostWhole)] });
    };
    const size = operation.bytes.length;
    const middle = start + Math.floor(size / 2);
    const cuts = [...new Set([start, middle, start + size - 1])].filter((cut) => cut >= start && cut < whole.length);
    for (const cut of cuts) {
      add(whole.subarray(0, cut), `${cut - start} of ${size} bytes kept`);
      add(zeroed(whole, cut, whole.length), `zeros from byte ${cut} on`);
    }
    for (const end of [start, middle]) {
      if (end > firstPending) add(zeroed(whole, firstPending, end), `zeros from byte ${firstPending} to ${end}`);
    }
    add(whole);
  }
  return distinct(images);
}

function lostWhole({ title, call }: DataOperation): string {
  return `${title} (call ${call}): lost`;
}

/** Of equal contents the one with the least lost, and the first call that can have led to it. */
function distinct(images: readonly FileImage[]): FileImage[] {
  const kept: FileImage[] = [];
  for (const image of images) {
    const same = kept.findIndex(({ bytes }) => equalBytes(bytes, image.bytes));
    if (same === -1) kept.push(image);
    else kept.push({ ...image, call: kept.splice(same, 1)[0]!.call });
  }
  return kept;
}

/** What a file holds after an operation. */
export function after({ replaces, bytes }: DataOperation, before: Uint8Array): Uint8Array {
  return replaces ? bytes : concatenated(before, bytes);
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function zeroed(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return bytes.slice().fill(0, from, to);
}

/** Whether two files hold the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
