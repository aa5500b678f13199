import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environmentPython } from "../../../../benchmarks/step/python-environment.js";
import { Unavailable } from "../../../../benchmarks/step/unavailable.js";

/** The official client that tests compare with. */
const OFFICIAL_VERSION = "0.31.0";
const scratch = fileURLToPath(new URL("../../../../.snapfit/", import.meta.url));

/** What a program has printed, and how it has ended. */
export interface ProgramResult {
  readonly code: number;
  readonly output: string;
}

/** The official client, in a virtual environment of its own. */
export class OfficialClient {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined, with a notice, where it cannot be had. */
  static async find(): Promise<OfficialClient | undefined> {
    try {
      const python = await environmentPython(scratch, {
        name: "wandb",
        packageName: "wandb",
        version: OFFICIAL_VERSION,
        beside: ["pillow"],
      });
      return new OfficialClient(dirname(python));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      console.warn(`Skipped: ${error.message}`);
      return undefined;
    }
  }

  wandb(args: readonly string[], url: string, cwd?: string): Promise<ProgramResult> {
    return this.run("wandb", args, url, cwd);
  }

  async run(program: "wandb" | "python", args: readonly string[], url: string, cwd?: string): Promise<ProgramResult> {
    const env = {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      WANDB_BASE_URL: url,
      WANDB_API_KEY: "k".repeat(40),
      WANDB_ERROR_REPORTING: "false",
    };
    try {
      const { stdout, stderr } = await promisify(execFile)(join(this.#folder, program), args, { env, cwd, maxBuffer: 2 ** 28 });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
      return { code: code ?? -1, output: stdout + stderr };
    }
  }
}
