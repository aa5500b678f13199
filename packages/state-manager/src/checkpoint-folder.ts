import { SnapfitError, type Storage } from "@snapfit/base";
import { checkFinite } from "./check-finite.js";
import { isCheckpoint, readCheckpoint, readInfo, writeCheckpoint, type CheckpointFormat } from "./checkpoint-files.js";
import { hashState, type CheckpointInfo, type PackedCheckpoint } from "./checkpoint.js";
import { copyDurably } from "./copy-durably.js";
import { writeManifest, type CheckpointEntry } from "./manifest.js";
import { recover, removeAtomically, writeAtomically } from "./write-atomically.js";

/** A checkpoint to be written. */
export interface SaveTarget {
  /** Without the ending. */
  readonly name: string;
  /** For the checkpoint that has this name so far, if it is to be kept beside the new one. */
  readonly formerName?: string;
  readonly info: Omit<CheckpointInfo, "serial">;
}

/** How many checkpoints stay, of each kind that is counted. */
interface KeepRule {
  /** Of kinds `epoch` and `step`, the newest. */
  readonly newest: number;
  /** Of kind `best`, those with the best values. */
  readonly best: number;
  readonly mode: "min" | "max";
  /** Without the ending, of the first of the best ones, whatever the values of others are. */
  readonly bestName: string;
}

/** A state, and the checkpoints to make of it. */
export interface SaveJob {
  readonly packed: PackedCheckpoint;
  readonly targets: readonly SaveTarget[];
}

/** What a folder is opened with; plain data. */
export interface CheckpointFolderSettings {
  readonly path: string;
  readonly format: CheckpointFormat;
  readonly keep: KeepRule;
}

/** The checkpoints of one folder. One process at a time writes there. */
export class CheckpointFolder {
  readonly settings: CheckpointFolderSettings;
  readonly #storage: Storage;
  #entries: readonly CheckpointEntry[] = [];
  #serial = 0;

  constructor(storage: Storage, settings: CheckpointFolderSettings) {
    this.#storage = storage;
    this.settings = settings;
  }

  get path(): string {
    return this.settings.path;
  }

  /** By serial: the newest is the last. */
  get entries(): readonly CheckpointEntry[] {
    return this.#entries;
  }

  /** Ends what a crash interrupted, and finds what is there. @param say takes a sentence about each checkpoint that cannot be read. */
  async open(say: (sentence: string) => void): Promise<void> {
    await recover(this.#storage, this.path);
    const entries: CheckpointEntry[] = [];
    for (const { name, kind } of await this.#storage.list(this.path)) {
      const path = `${this.path}/${name}`;
      if (name.startsWith(".") || (kind === "file" && !name.endsWith(".ckpt")) || !(await isCheckpoint(this.#storage, path))) continue;
      try {
        const { info, hash } = await readInfo(this.#storage, path);
        entries.push({ name, ...info, hash });
      } catch (error) {
        say((error as Error).message);
      }
    }
    this.#take(entries);
  }

  /** The newest whole checkpoint. @param say takes a sentence about each damaged one that is passed over. */
  async newest(say: (sentence: string) => void): Promise<{ readonly path: string; readonly packed: PackedCheckpoint } | undefined> {
    for (const { name } of [...this.#entries].reverse()) {
      const path = `${this.path}/${name}`;
      try {
        return { path, packed: await readCheckpoint(this.#storage, path) };
      } catch (error) {
        say((error as Error).message);
        this.#entries = this.#entries.filter((entry) => entry.name !== name);
        if (!(error instanceof SnapfitError && error.code === "CHECKPOINT_DAMAGED")) continue; // the next time it may be readable
        await this.#storage.rename(path, `${this.path}/.damaged-${name}`).catch(() => undefined); // for a look at it; out of the way
      }
    }
    return undefined;
  }

  /** Writes a state, proves what was written, notes it, and only then removes what need not be kept. Returns the names written. */
  async save({ packed, targets }: SaveJob): Promise<readonly string[]> {
    checkFinite(packed.arrays);
    const hash = hashState(packed);
    const serial = ++this.#serial; // a save that fails may have left files with it
    const written: string[] = [];
    for (const { name: plainName, formerName, info } of targets) {
      const name = this.#fileName(plainName);
      let former: CheckpointEntry | undefined;
      await writeAtomically(this.#storage, `${this.path}/${name}`, async (temporary) => {
        await writeCheckpoint(this.#storage, temporary, this.settings.format, packed, { ...info, serial }, hash);
        if (formerName !== undefined) former = await this.#copy(name, this.#fileName(formerName));
      });
      const others = this.#entries.filter((entry) => entry.name !== name && entry.name !== former?.name);
      this.#take([...others, ...(former ? [former] : []), { name, ...info, serial, hash }]);
      written.push(name);
    }
    await this.#prune();
    return written;
  }

  /** Takes over what another instance has found out about the same folder. */
  adopt(entries: readonly CheckpointEntry[]): void {
    this.#take(entries);
  }

  /** A copy, not another name: a reader finds the one that is about to be replaced until the new one has its name. */
  async #copy(from: string, to: string): Promise<CheckpointEntry | undefined> {
    const entry = this.#entries.find(({ name }) => name === from);
    if (entry === undefined || (await this.#storage.stat(`${this.path}/${from}`)) === undefined) return undefined;
    await writeAtomically(this.#storage, `${this.path}/${to}`, (temporary) =>
      copyDurably(this.#storage, `${this.path}/${from}`, temporary),
    );
    return { ...entry, name: to };
  }

  async #prune(): Promise<void> {
    const { newest, best: numBest, mode, bestName } = this.settings.keep;
    const byAge = this.#entries.filter(({ kind }) => kind === "epoch" || kind === "step").reverse();
    const sign = mode === "max" ? -1 : 1;
    const best = this.#entries.filter(({ kind }) => kind === "best");
    const first = best.find(({ name }) => name === this.#fileName(bestName));
    // A copy of the first that no new one has replaced: a crash or a failure came between.
    const copies = best.filter((entry) => entry !== first && entry.serial === first?.serial);
    const byValue = best
      .filter((entry) => !copies.includes(entry))
      .sort((a, b) => Number(b === first) - Number(a === first) || sign * (a.value! - b.value!) || a.serial - b.serial);
    const removed = [...byAge.slice(newest), ...copies, ...byValue.slice(numBest)];
    const without = (gone: readonly CheckpointEntry[]): CheckpointEntry[] => this.#entries.filter((entry) => !gone.includes(entry));
    await writeManifest(this.#storage, this.path, without(removed));
    for (const entry of removed) {
      await removeAtomically(this.#storage, `${this.path}/${entry.name}`);
      this.#take(without([entry])); // one that could not be removed is so the next time
    }
  }

  #fileName(name: string): string {
    return this.settings.format === "ckpt" ? `${name}.ckpt` : name;
  }

  #take(entries: readonly CheckpointEntry[]): void {
    this.#entries = [...entries].sort((a, b) => a.serial - b.serial || a.step - b.step);
    this.#serial = Math.max(this.#serial, ...entries.map(({ serial }) => serial));
  }
}
