import { checkOption, MemoryStorage, RandomStream, wholeNumberFrom } from "@snapfit/base";
import { ALL_LOST, allLosses, boundOfLosses, lossOf, NOTHING_LOST, randomFate, type Loss } from "./crash-losses.js";
import { crashMoments } from "./crash-moments.js";
import type { DiskLog } from "./disk-log.js";
import { equalBytes, type FileImage } from "./file-images.js";

/** Files as a power loss may leave them. */
export interface CrashState {
  /** What is missing, in words, of the calls up to `latest`: `rename a.tmp to a (call 3): lost`. */
  readonly lost: readonly string[];
  /** How many of the recorded calls may have been done when the power failed, at least. */
  readonly earliest: number;
  /** The same, at most. `latest >= n`: these files may be all that is there although n calls had been done. */
  readonly latest: number;
  /** The files, in a storage of their own each time. */
  restart(): Promise<MemoryStorage>;
}

export interface CrashStates {
  /** No two hold the same files and folders. */
  readonly states: readonly CrashState[];
  /** 0: `states` are all there are. Otherwise so many more at most. */
  readonly numLeftOut: number;
}

export interface CrashStateOptions {
  /** How many to give. If there are more: for each moment the one where nothing is lost and the one where all is, and others by chance. @default 1000 */
  readonly maxStates?: number;
  /** Of that chance. @default 0 */
  readonly seed?: number;
}

/** More are not gone through one by one, and not drawn either. */
const MAX_LOSSES = 20_000;

/** The states of a log. Throws `OPTION_INVALID`. */
export function crashStates(log: DiskLog, numCalls: number, { maxStates = 1000, seed = 0 }: CrashStateOptions): CrashStates {
  checkOption("crashStates()", "maxStates", maxStates, wholeNumberFrom(1));
  const random = RandomStream.fromSeed(seed, "crashStates");
  const moments = crashMoments(log, numCalls);
  const found = new FoundStates();
  for (const moment of moments) for (const fate of [NOTHING_LOST, ALL_LOST]) found.add(lossOf(log, moment, fate));
  const numExtremes = found.size;

  const losses = allLosses(log, moments, MAX_LOSSES);
  if (losses) for (const loss of losses) found.add(loss);
  for (let i = 0; !losses && i < MAX_LOSSES && found.size < maxStates; i++)
    found.add(lossOf(log, moments[random.integer(moments.length)]!, randomFate(random)));

  const others = found.all.slice(numExtremes);
  const order = [...random.permutation(others.length)].map((i) => others[i]!);
  const chosen = others.length + numExtremes > maxStates ? [...found.all.slice(0, numExtremes), ...order].slice(0, maxStates) : found.all;
  const numStates = losses ? found.size : moments.reduce((sum, moment) => sum + boundOfLosses(moment), 0);
  return { states: chosen.map(crashState), numLeftOut: numStates - chosen.length };
}

interface FoundState {
  /** Of those that leave these files the one at the latest moment, and with the least missing. */
  loss: Loss;
  earliest: number;
}

class FoundStates {
  readonly #states = new Map<string, FoundState>();
  readonly #numbers = new Map<FileImage, number>();
  readonly #contents: Uint8Array[] = [];

  get size(): number {
    return this.#states.size;
  }

  get all(): FoundState[] {
    return [...this.#states.values()];
  }

  add(loss: Loss): void {
    const files = [...loss.files].map(([path, image]) => `${path} ${this.#numberOf(image)}`);
    const key = JSON.stringify([...loss.folders.map((path) => `${path}/`), ...files].sort());
    const state = this.#states.get(key);
    if (!state) this.#states.set(key, { loss, earliest: earliestOf(loss) });
    else {
      state.earliest = Math.min(state.earliest, earliestOf(loss));
      const later = loss.moment.numCalls - state.loss.moment.numCalls;
      if (later > 0 || (later === 0 && lostBy(loss).length < lostBy(state.loss).length)) state.loss = loss;
    }
  }

  /** The same number for equal contents. */
  #numberOf(image: FileImage): number {
    let number = this.#numbers.get(image);
    if (number === undefined) {
      number = this.#contents.findIndex((bytes) => equalBytes(bytes, image.bytes));
      if (number === -1) number = this.#contents.push(image.bytes) - 1;
      this.#numbers.set(image, number);
    }
    return number;
  }
}

/** Calls that must have been done: those before the last one that left something behind. */
function earliestOf({ moment, kept, files }: Loss): number {
  let lastCall = moment.numCallsAtSync + 1;
  for (const operation of kept) if (!moment.durable.has(operation)) lastCall = Math.max(lastCall, operation.call);
  for (const { call } of files.values()) lastCall = Math.max(lastCall, call);
  return lastCall - 1;
}

function lostBy({ moment, kept, files }: Loss): string[] {
  const names = moment.entries.filter((operation) => !kept.has(operation));
  return [...names.map(({ title, call }) => `${title} (call ${call}): lost`), ...[...files.values()].flatMap(({ lost }) => lost)];
}

function crashState({ loss, earliest }: FoundState): CrashState {
  const restart = async (): Promise<MemoryStorage> => {
    const storage = new MemoryStorage();
    for (const folder of loss.folders) {
      // Folders come with the first file in them, and stay.
      await storage.write(`${folder}/file`, new Uint8Array(0));
      await storage.remove(`${folder}/file`);
    }
    for (const [path, { bytes }] of loss.files) await storage.write(path, bytes);
    return storage;
  };
  return { lost: lostBy(loss), earliest, latest: loss.moment.numCalls, restart };
}
