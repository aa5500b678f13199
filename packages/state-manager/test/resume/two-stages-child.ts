// The script of two stages in a process of its own, which dies at an event as if somebody had pulled the plug.
import { runTwoStages } from "./two-stages.js";

const [outputDir, killAt, pretrained] = process.argv.slice(2) as [string, string, string | undefined];
const silent = { debug: () => undefined, info: () => undefined, warning: () => undefined, error: () => undefined };
await runTwoStages({
  outputDir,
  ...(pretrained !== undefined && { pretrained }),
  isAsync: true,
  logger: silent,
  onEvent: (event) => event === Number(killAt) && process.kill(process.pid, "SIGKILL"),
});
