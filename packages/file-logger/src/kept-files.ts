import { SnapfitError } from "@snapfit/base";
import { diskError } from "@snapfit/base/node";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, parse, posix } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * Keeps a file under a name that nothing else has: another content that was logged under the same name gets a number behind it; the same one is kept once,
 * so that a resumed run that logs it again comes to the same path.
 * @param path in the folder, with slashes @param content bytes, or the path of a file to copy
 * @returns where it is in the folder. @throws SnapfitError with a code of storages
 */
export async function keepFile(folder: string, path: string, content: Uint8Array | string): Promise<string> {
  const temporary = join(folder, `${path}.new`);
  try {
    if (typeof content === "string" && !(await stat(content)).isFile())
      throw new SnapfitError("IO", `Could not keep "${content}": it is a folder. Log its files one by one, or an archive of it.`);
    await mkdir(dirname(temporary), { recursive: true });
    await (typeof content === "string" ? copyFile(content, temporary) : writeFile(temporary, content));
    const { dir, name, ext } = parse(path);
    for (let i = 1; ; i++) {
      const kept = posix.join(dir, i === 1 ? `${name}${ext}` : `${name}_${i}${ext}`);
      const isThere = await isSame(temporary, join(folder, kept));
      if (isThere === false) continue;
      await (isThere ? rm(temporary) : rename(temporary, join(folder, kept)));
      return kept;
    }
  } catch (cause) {
    throw cause instanceof SnapfitError ? cause : diskError("keep", typeof content === "string" ? content : path, cause);
  }
}

/** A name of a log as a path: letters and digits of all scripts, dots, dashes and blanks stay, and slashes part folders. */
export function pathOfName(name: string): string {
  return name.normalize("NFC").split("/").map(fileName).join("/");
}

function fileName(text: string): string {
  const safe = text.replaceAll(/[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}. -]/gu, "_").replace(/^\.*$|^\./, "_");
  return Array.from(safe).slice(0, 60).join("");
}

/** Whether two files hold the same; undefined if the second one is not there. */
async function isSame(a: string, b: string): Promise<boolean | undefined> {
  const [one, other] = await Promise.all([stat(a), stat(b).catch(() => undefined)]);
  if (other === undefined) return undefined;
  return one.size === other.size && (await digestOf(a)) === (await digestOf(b));
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
