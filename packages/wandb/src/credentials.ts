import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./wandb-options.js";

/** The key for a service: that of `WANDB_API_KEY`, else that of the netrc file, where `wandb login` puts it. It is no option, since options are logged. */
export function findApiKey(baseUrl: string, env: Environment): string | undefined {
  const given = env["WANDB_API_KEY"];
  if (given !== undefined && given !== "") return given;
  const paths = env["NETRC"] === undefined ? [join(homedir(), ".netrc"), join(homedir(), "_netrc")] : [env["NETRC"]];
  const path = paths.find((each) => existsSync(each));
  return path === undefined ? undefined : passwordOf(readFileSync(path, "utf8"), new URL(baseUrl).host);
}

function passwordOf(netrc: string, machine: string): string | undefined {
  const words = netrc.split(/\s+/);
  let isHere = false;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === "machine" || words[i] === "default") isHere = words[i] === "machine" && words[i + 1] === machine;
    else if (isHere && words[i] === "password") return words[i + 1];
  }
  return undefined;
}
