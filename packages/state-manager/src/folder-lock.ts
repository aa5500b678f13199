import { parseState, SnapfitError, type Storage } from "@snapfit/base";
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { stateManagerError } from "./state-manager-error.js";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  /** When the process began, in the system's own count; null where the system does not tell. A later process may get the same number. */
  readonly processStart: string | null;
  readonly host: string;
  readonly token: string;
  /** Grows while the holder lives: another machine sees nothing else of it. */
  readonly beat: number;
}

/** Tokens of the locks that this process holds. */
const held = new Set<string>();

/** How long another machine's lock must stand still to be stale, and how often a holder moves it. */
const TIMES = { beatMs: 5_000, patienceMs: 30_000 };

/** Keeps two processes from writing checkpoints into one folder. */
export class FolderLock {
  readonly #storage: Storage;
  readonly #path: string;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;
  #beat = 0;
  #beating: Promise<void> = Promise.resolve();

  private constructor(storage: Storage, path: string, token: string, beatMs: number) {
    this.#storage = storage;
    this.#path = path;
    this.#token = token;
    this.#timer = setInterval(() => void (this.#beating = this.#move()), beatMs);
    this.#timer.unref();
  }

  /**
   * Takes the lock of a folder. One whose process has ended is taken over; one of another machine, when it has not moved for a while.
   * @param say takes a sentence for people. @throws SnapfitError `DIRECTORY_LOCKED` that names the other process
   */
  static async take(storage: Storage, folder: string, say: (sentence: string) => void, times = TIMES): Promise<FolderLock> {
    const path = `${folder}/lock.json`;
    const token = randomUUID();
    for (;;) {
      try {
        await storage.write(path, encode(token, 0), { exclusive: true });
        held.add(token);
        return new FolderLock(storage, path, token, times.beatMs);
      } catch (error) {
        if (!(error instanceof SnapfitError && error.code === "EXISTS")) throw error;
      }
      const holder = await readHolder(storage, path);
      if (holder === undefined) continue; // gone meanwhile
      if (await isAlive(storage, path, holder, say, times)) throw locked(folder, holder);
      if (await takeAway(storage, path, holder, token)) say(`The lock of "${folder}" is of ${shown(holder)}, which has ended: taken over.`);
    }
  }

  /** To be called before writing. @throws SnapfitError `DIRECTORY_LOCKED` if another process has taken the folder over */
  async check(): Promise<void> {
    const holder = await readHolder(this.#storage, this.#path);
    if (holder !== undefined && holder.token !== this.#token) throw locked(this.#path.slice(0, this.#path.lastIndexOf("/")), holder);
  }

  /** One that cannot be removed is no harm: nobody holds it any more. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    held.delete(this.#token);
    try {
      const holder = await readHolder(this.#storage, this.#path);
      if (holder?.token === this.#token) await this.#storage.remove(this.#path);
    } catch {}
  }

  /** A beat that fails is no reason to stop: the next one may not. */
  async #move(): Promise<void> {
    try {
      await this.check();
      await this.#storage.write(`${this.#path}.new`, encode(this.#token, ++this.#beat));
      await this.#storage.rename(`${this.#path}.new`, this.#path);
    } catch {}
  }
}

function encode(token: string, beat: number): Uint8Array {
  const holder: Holder = { pid: process.pid, processStart: processStart(process.pid), host: hostname(), token, beat };
  return new TextEncoder().encode(`${JSON.stringify(holder)}\n`);
}

/** Undefined where there is no lock. One that cannot be understood was torn by a crash: nobody holds it. */
async function readHolder(storage: Storage, path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = new TextDecoder().decode(await storage.read(path));
  } catch (error) {
    if (error instanceof SnapfitError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
  const none = { pid: 0, processStart: null, host: hostname(), token: "", beat: 0 };
  try {
    return { ...none, ...(parseState(text) as object) };
  } catch {
    return none;
  }
}

/** Removes a stale lock, unless another process was faster and the lock is its own by now: then it is put back. */
async function takeAway(storage: Storage, path: string, stale: Holder, token: string): Promise<boolean> {
  const aside = `${path}.${token}`;
  try {
    await storage.rename(path, aside);
  } catch (error) {
    if (error instanceof SnapfitError && error.code === "NOT_FOUND") return false;
    throw error;
  }
  const isStale = (await readHolder(storage, aside))?.token === stale.token;
  await (isStale ? storage.remove(aside) : storage.rename(aside, path));
  return isStale;
}

async function isAlive(
  storage: Storage,
  path: string,
  holder: Holder,
  say: (sentence: string) => void,
  times: typeof TIMES,
): Promise<boolean> {
  if (holder.token === "") await wait(times.beatMs / 10); // it may be about to be written
  if (holder.host === hostname()) return isRunning(holder);
  say(`"${path}" is of ${shown(holder)}: waiting up to ${times.patienceMs / 1000} s to see whether that still runs.`);
  for (let waitedMs = 0; waitedMs < times.patienceMs; waitedMs += times.beatMs / 2) {
    await wait(times.beatMs / 2);
    const now = await readHolder(storage, path);
    if (now === undefined) return false;
    if (now.token !== holder.token || now.beat !== holder.beat) return true;
  }
  return false;
}

function isRunning({ pid, processStart: start, token }: Holder): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  const now = processStart(pid);
  if (start !== null && now !== null && start !== now) return false;
  if (pid === process.pid) return held.has(token);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ticks from the start of the system to that of the process, on Linux: field 22 of its `stat`, behind the name in brackets. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function shown({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}

function locked(folder: string, holder: Holder): SnapfitError {
  const who = holder.pid === process.pid && held.has(holder.token) ? "another trainer of this process" : shown(holder);
  return stateManagerError(
    "DIRECTORY_LOCKED",
    `"${folder}" is in use by ${who}. One run at a time writes its checkpoints there. Stop that one, close() its trainer, or give another runName or stateManager.directory.`,
  );
}
