import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./root.mjs";
import { runCommand } from "./run-command.mjs";

/**
 * @typedef {{ name: string, version: string, file: string, sha256: string, options?: string[] }} Wheel `file` is the name that pip gives it
 */

/**
 * Downloads a wheel with pip, which compares its hash. Once downloaded it stays.
 * @param {Wheel} wheel
 * @returns {Promise<{ path: string } | { problem: string }>}
 */
export async function downloadWheel({ name, version, file, sha256, options = [] }) {
  const folder = join(scratch, "wheels");
  const path = join(folder, file);
  if (existsSync(path)) return { path };
  const pip = await findPip();
  if (pip === undefined) return { problem: "pip is missing" };
  mkdirSync(folder, { recursive: true });
  const requirement = join(folder, `${name}.txt`);
  writeFileSync(requirement, `${name}==${version} --hash=sha256:${sha256}\n`);
  const [program = "", ...args] = pip;
  const { code, output } = await runCommand(program, [
    ...args,
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary=:all:",
    "--require-hashes",
    `--requirement=${requirement}`,
    `--dest=${folder}`,
    ...options,
  ]);
  if (code === 0 && existsSync(path)) return { path };
  const last =
    output
      .trim()
      .split("\n")
      .findLast((line) => line.startsWith("ERROR")) ?? output.trim();
  return { problem: `pip cannot download ${name} ${version}: ${last}` };
}

/** The command that starts pip, or undefined. */
async function findPip() {
  for (const command of [["python3", "-m", "pip"], ["pip3"], ["pip"], ["python", "-m", "pip"]]) {
    const [program = "", ...args] = command;
    const { code } = await runCommand(program, [...args, "--version"]);
    if (code === 0) return command;
  }
  return undefined;
}
