import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";

/**
 * Runs a program and waits for its end. Output is collected unless `inherit` is set.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, inherit?: boolean, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, output: string }>} the exit code (128 + n after signal n, 127 if it did not start) and stdout with stderr.
 */
export function runCommand(program, args, { cwd = root, env = process.env, inherit = false, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: inherit ? "inherit" : ["ignore", "pipe", "pipe"], timeout: timeoutMs });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text) => (output += text));
    child.once("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.once("close", (code, signal) => resolve({ code: code ?? 128 + signalNumber(signal), output }));
  });
}

/** @param {string | null} signal */
const signalNumber = (signal) => (signal === "SIGINT" ? 2 : signal === "SIGKILL" ? 9 : 15);

/**
 * Runs the npm that started this script, or the one on PATH.
 * @param {readonly string[]} args
 * @param {Parameters<typeof runCommand>[2]} [options]
 */
export function runNpm(args, options) {
  const npm = process.env["npm_execpath"];
  if (npm !== undefined && /npm-cli\.c?js$/.test(npm)) return runCommand(process.execPath, [npm, ...args], options);
  return process.platform === "win32" ? runCommand("cmd.exe", ["/d", "/c", "npm", ...args], options) : runCommand("npm", args, options);
}

/**
 * Runs an installed command-line tool with this Node.
 * @param {string} command its name, with the package in front where that differs: `vitest`, `typescript:tsc`
 * @param {readonly string[]} args
 * @param {Parameters<typeof runCommand>[2]} [options]
 */
export function runTool(command, args, options) {
  const [name = "", bin = name] = command.split(":");
  const folder = join(root, "node_modules", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  return runCommand(process.execPath, [join(folder, file), ...args], options);
}
