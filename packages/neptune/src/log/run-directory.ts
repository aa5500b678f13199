import { diskError } from "@snapfit/base/node";
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { release, type } from "node:os";
import { join } from "node:path";

/** The release of the official client whose format this is. */
export const FORMAT_VERSION = "1.14.1";

/** Where one run of the service stands on disk, in the form that the official tools know. */
export interface RunDirectory {
  readonly path: string;
  /** The run's identity: its own, or the one that a server has given it. */
  readonly runId: string;
  /** Whether a server knows the run. */
  readonly isOnServer: boolean;
  /** 8 letters and digits. */
  readonly key: string;
  /** File of the ledger: beside the directories, since the official tools remove those that a server has. */
  readonly ledgerPath: string;
}

/** The newest run in a folder `.neptune`; undefined without one, or where its directory has gone. */
export function findRunDirectory(folder: string): RunDirectory | undefined {
  const newest = ledgersIn(folder).at(-1);
  if (newest === undefined) return undefined;
  for (const parent of ["offline", "async"]) {
    const name = namesIn(join(folder, parent)).find((each) => each.startsWith("run__") && each.endsWith(`__${newest.key}`));
    if (name === undefined) continue;
    const [, runId = ""] = name.split("__");
    return { path: join(folder, parent, name), runId, isOnServer: parent === "async", key: newest.key, ledgerPath: newest.path };
  }
  return undefined;
}

/** Moves a directory to where the official tools look for runs that a server knows. @throws SnapfitError with a code of storages */
export function moveToServer(directory: RunDirectory, serverId: string): RunDirectory {
  const parent = join(directory.path, "../../async");
  const path = join(parent, `run__${serverId}__${process.pid}__${directory.key}`);
  try {
    mkdirSync(parent, { recursive: true });
    renameSync(directory.path, path);
  } catch (cause) {
    throw diskError("move", directory.path, cause);
  }
  return { ...directory, path, runId: serverId, isOnServer: true };
}

/** Makes the directory of a further run. @throws SnapfitError with a code of storages */
export function makeRunDirectory(folder: string, now: Date): RunDirectory {
  const number = (ledgersIn(folder).at(-1)?.number ?? 0) + 1;
  const runId = crypto.randomUUID();
  const key = newKey();
  const path = join(folder, "offline", `run__${runId}__${process.pid}__${key}`);
  try {
    mkdirSync(path, { recursive: true });
    const metadata = {
      mode: "offline",
      containerId: runId,
      containerType: "run",
      structureVersion: 3,
      os: `${type()} ${release()}`,
      pythonVersion: `node ${process.version}`,
      neptuneClientVersion: FORMAT_VERSION,
      createdAt: now.toISOString(),
    };
    writeFileSync(join(path, "metadata.json"), JSON.stringify(metadata, undefined, 2));
  } catch (cause) {
    throw diskError("make", path, cause);
  }
  return { path, runId, isOnServer: false, key, ledgerPath: join(folder, `${number}-${key}.rows`) };
}

function ledgersIn(folder: string): { readonly number: number; readonly key: string; readonly path: string }[] {
  const found = namesIn(folder).flatMap((name) => {
    const [, number, key] = /^(\d+)-([a-z0-9]{8})\.rows$/.exec(name) ?? [];
    return key === undefined ? [] : [{ number: Number(number), key, path: join(folder, name) }];
  });
  return found.sort((a, b) => a.number - b.number);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** 8 letters and digits, as the official client's are. */
function newKey(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from(crypto.getRandomValues(new Uint32Array(8)), (value) => letters[value % letters.length]).join("");
}
