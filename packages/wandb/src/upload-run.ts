import type { UploadEnd } from "@snapfit/logging";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { listFragments } from "./run/fragments.js";
import { RunningUpload, type UploadNews } from "./upload/upload-job.js";
import { resolveSettings } from "./wandb-options.js";
import { wandbError } from "./wandb-error.js";

/**
 * Brings the logs in a folder `wandb` of a run to the service, from where an earlier upload has ended. `wandb sync` begins anew instead, so that the
 * service would have the rows of an upload that was cut twice.
 * @param folder the one that the last line of the run names @returns how it has ended
 * @throws SnapfitError `OPTION_INVALID` if there is no key
 */
export async function uploadRun(
  folder: string,
  { baseUrl, timeoutMs = 600_000 }: { readonly baseUrl?: string; readonly timeoutMs?: number } = {},
): Promise<UploadEnd> {
  const settings = resolveSettings(baseUrl === undefined ? {} : { baseUrl });
  const { apiKey } = settings;
  if (apiKey === undefined) throw wandbError("OPTION_INVALID", "There is no key. Set WANDB_API_KEY, or log in with: wandb login");
  const fragments = listFragments(folder);
  for (const runId of new Set(fragments.map((fragment) => fragment.runId))) {
    const parts = fragments.filter((fragment) => fragment.runId === runId);
    const news: UploadNews[] = [];
    const notesPath = join(folder, `snapfit.upload-${runId}.json`);
    const job = { address: { baseUrl: settings.baseUrl, apiKey }, parts, notesPath, resume: settings.resume, everyMs: 1000, retryMs: 2000 };
    await new RunningUpload(job, (each) => news.push(each)).finish(timeoutMs);
    const end = news.flatMap((each) => (each.kind === "ended" ? [each.end] : []))[0] ?? "late";
    if (end !== "complete") return end;
    for (const { logPath } of parts) writeFileSync(`${logPath}.synced`, ""); // the official client's mark
  }
  return "complete";
}
