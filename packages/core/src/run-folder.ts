import { SnapfitError, type Storage } from "@snapfit/base";
import type { Session } from "./session.js";

/**
 * The folder of a run: `outputDir/runName`, or with `-2`, `-3`, … behind it where an existing one may not be reopened. Collective: rank 0 decides.
 * The folder is claimed by a file `run.json` in it.
 */
export async function claimRunFolder(session: Session, storage: Storage, mayReopen: boolean): Promise<string> {
  const { group, options, runName } = session;
  const base = `${options.outputDir.replace(/\/+$/, "")}/${runName}`;
  const own = group.rank === 0 ? await claim(storage, base, mayReopen) : "";
  return group.broadcast(own);
}

async function claim(storage: Storage, base: string, mayReopen: boolean): Promise<string> {
  if (mayReopen && (await storage.stat(base))?.kind === "folder") return base;
  for (let i = 1; ; i++) {
    const folder = i === 1 ? base : `${base}-${i}`;
    if ((await storage.stat(folder)) !== undefined) continue;
    try {
      await storage.write(`${folder}/run.json`, new TextEncoder().encode("{}\n"), { exclusive: true });
      return folder;
    } catch (error) {
      if (!(error instanceof SnapfitError && error.code === "EXISTS")) throw error; // another process was faster: the next number
    }
  }
}
