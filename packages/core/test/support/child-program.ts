import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

const packages = fileURLToPath(new URL("../../../", import.meta.url));
const scratch = join(packages, "../.snapfit"); // in the workspace, so that programs find TensorFlow.js

/**
 * Bundles a program of the tests from the sources, to be started in a process of its own. To be called at the top of a test file.
 * @param folder for the bundle @returns its path
 */
export function childProgram(entryPoint: string, folder: string = scratch): string {
  const outfile = join(folder, `${entryPoint.slice(entryPoint.lastIndexOf("/") + 1, -3)}-${process.pid}.mjs`);
  const source = ({ path }: { path: string }): { path: string } => {
    const [name = "", part = "."] = path.slice("@snapfit/".length).split("/");
    return { path: join(packages, name, "src", part, "index.ts") };
  };
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    await build({
      entryPoints: [entryPoint],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "error",
      packages: "external",
      plugins: [{ name: "sources", setup: ({ onResolve }) => onResolve({ filter: /^@snapfit\/[a-z-]+(\/[a-z-]+)?$/ }, source) }],
    });
  });
  afterAll(() => rmSync(outfile, { force: true }));
  return outfile;
}
