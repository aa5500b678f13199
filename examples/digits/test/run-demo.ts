import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

const example = fileURLToPath(new URL("..", import.meta.url));
const packages = fileURLToPath(new URL("../../../packages/", import.meta.url));
// In the workspace, so that it finds TensorFlow.js.
const built = join(example, `dist/test-${process.pid}`);
const program = join(built, "main.js");

/** How a run of the program ended. */
export interface DemoRun {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
  /** From the signal to the end of the process, if one was sent. */
  readonly secondsAfterSignal: number;
}

export interface DemoRunOptions {
  /** Sends a signal once the output matches. */
  readonly interruptAt?: RegExp;
  /** @default "SIGINT" */
  readonly signal?: "SIGINT" | "SIGKILL";
  /** Arguments for Node, in front of the program. */
  readonly node?: readonly string[];
}

/** Builds the program from the sources once, and gives a function that runs it in a folder of its own. To be called at the top of a test file. */
export function demo(): { readonly folder: string; readonly run: (args: readonly string[], options?: DemoRunOptions) => Promise<DemoRun> } {
  const folder = mkdtempSync(join(tmpdir(), "snapfit-digits-"));
  beforeAll(() => bundle());
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(built, { recursive: true, force: true });
  });
  return { folder, run: (args, options) => run(folder, args, options) };
}

async function bundle(): Promise<void> {
  const source = ({ path }: { path: string }): { path: string } => {
    const [, name, part] = path.split("/");
    return { path: join(packages, name!, "src", part ?? "", "index.ts") };
  };
  await build({
    entryPoints: [join(example, "src/main.ts")],
    outdir: built,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
    plugins: [{ name: "sources", setup: ({ onResolve }) => onResolve({ filter: /^@snapfit\// }, source) }],
  });
}

function run(
  folder: string,
  args: readonly string[],
  { interruptAt, signal = "SIGINT", node = [] }: DemoRunOptions = {},
): Promise<DemoRun> {
  const env = { ...process.env, CI: "1" };
  const child = spawn(process.execPath, [...node, program, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let sentMs = NaN;
  const take = (text: string): void => {
    output += text;
    if (interruptAt === undefined || !Number.isNaN(sentMs) || !interruptAt.test(output)) return;
    sentMs = performance.now();
    child.kill(signal);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output, secondsAfterSignal: (performance.now() - sentMs) / 1000 }));
  });
}
