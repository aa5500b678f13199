import { UploadError, type UploadSource } from "@snapfit/logging";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FORMAT_VERSION } from "../log/run-directory.js";
import { VersionFile } from "../log/version-file.js";
import { apiHeaders, withAdvice, type Access, type ServerRequest } from "./access.js";
import { OperationReader } from "./operation-reader.js";
import { requestBody } from "./request-body.js";
import { uploadFile } from "./upload-file.js";

const PING_MS = 10_000;

/** A run on a server. */
export interface ServerRun {
  readonly id: string;
  /** Such as `ws/proj/PROJ-1`. */
  readonly name: string;
  readonly url: string;
}

/** What an upload begins with. */
export interface RunUploadPlan {
  readonly access: Access;
  /** `workspace/name`. */
  readonly project: string;
  /** The run's own id, for a run that the server does not know: the same id twice is one run. */
  readonly runId: string;
  /** Its id on the server, where it is known there. */
  readonly serverId: string | undefined;
  /** Told of the run on the server. @returns the directory that is uploaded from now on */
  onRun(run: ServerRun): Promise<string>;
  /** Told what a server says against single operations and files; the rest arrives. */
  onRefusal(message: string): void;
  readonly now?: () => number;
}

/** Brings a run's directory to a server, and goes on where it was left: behind the last version that the server has. */
export class RunUpload implements UploadSource {
  readonly #plan: RunUploadPlan;
  readonly #now: () => number;
  #run: { readonly id: string; readonly directory: string; readonly reader: OperationReader; readonly ack: VersionFile } | undefined;
  #batch: ReturnType<OperationReader["next"]> = [];
  #numFilesSent = 0;
  #pingedMs = 0;

  constructor(plan: RunUploadPlan) {
    this.#plan = plan;
    this.#now = plan.now ?? Date.now;
  }

  async send(signal: AbortSignal): Promise<"more" | "idle"> {
    const run = (this.#run ??= await this.#begin(signal));
    if (this.#batch.length === 0) this.#batch = run.reader.next();
    if (this.#batch.length === 0) {
      await this.#ping(run.id, signal);
      return "idle";
    }
    await this.#sendFiles(run, signal);
    const body = requestBody(this.#batch.map(({ obj }) => obj));
    if (body.length > 0)
      this.#refused(await this.#post("operations", run.id, { headers: jsonHeaders, body: JSON.stringify(body) }, signal));
    run.ack.write(this.#batch.at(-1)!.version);
    this.#batch = [];
    this.#numFilesSent = 0;
    this.#pingedMs = this.#now();
    return "more";
  }

  close(): void {
    this.#run?.ack.close();
  }

  async #begin(signal: AbortSignal) {
    const { onRun } = this.#plan;
    const run = await this.#findOrCreate(signal);
    const directory = await onRun(run);
    const ack = new VersionFile(join(directory, "last_ack_version"));
    return { id: run.id, directory, reader: new OperationReader(directory, ack.version), ack };
  }

  async #findOrCreate(signal: AbortSignal): Promise<ServerRun> {
    const { access, project, runId, serverId } = this.#plan;
    const path = "/api/leaderboard/v1/experiments";
    const { applicationUrl } = await access.facts(signal);
    const answer =
      serverId === undefined
        ? await access.request(
            { method: "POST", path, headers: creationHeaders, body: JSON.stringify(await this.#creation(runId, signal)) },
            signal,
          )
        : await withAdvice(
            access.request({ method: "GET", path, query: { experimentId: serverId }, headers: apiHeaders }, signal),
            [404],
            GONE,
          );
    const { id, shortId, organizationName, projectName } = answer as {
      readonly id: string;
      readonly shortId: string;
      readonly organizationName: string;
      readonly projectName: string;
    };
    const place = `${organizationName ?? project.split("/")[0]}/${projectName ?? project.split("/")[1]}`;
    return { id, name: `${place}/${shortId}`, url: `${applicationUrl}/${place}/e/${shortId}` };
  }

  async #creation(customId: string, signal: AbortSignal): Promise<object> {
    const { access, project } = this.#plan;
    const path = "/api/backend/v1/projects/get";
    const query = { projectIdentifier: project };
    const sending = access.request({ method: "GET", path, query, headers: apiHeaders }, signal);
    const advice = `Check neptune.project, which is "${project}"`;
    const { id, version } = (await withAdvice(sending, [403, 404], advice)) as { readonly id: string; readonly version: number };
    if (version < 2) throw new UploadError(`Project ${project} has version ${version}. It takes 2.`, { isPermanent: true });
    return { projectIdentifier: id, parentId: id, type: "run", cliVersion: FORMAT_VERSION, customId };
  }

  /** Before the operations, as the official client does: to send a file twice does no harm. */
  async #sendFiles(run: { readonly id: string; readonly directory: string }, signal: AbortSignal): Promise<void> {
    const files = this.#batch.flatMap(({ obj }) => (obj.type === "UploadFile" ? [obj] : []));
    for (const { path: names, ext, tmp_file_name: name } of files.slice(this.#numFilesSent)) {
      const path = join(run.directory, "upload_path", name);
      const attribute = names.join("/");
      if (existsSync(path)) {
        const errors = await uploadFile(this.#plan.access, { path, runId: run.id, attribute, ext }, signal);
        for (const error of errors) this.#plan.onRefusal(`${attribute}: ${error}`);
      } else this.#plan.onRefusal(`${attribute}: its file ${path} has gone`);
      this.#numFilesSent += 1;
    }
  }

  #refused(answer: unknown): void {
    for (const { errorDescription } of (answer ?? []) as readonly { readonly errorDescription: string }[])
      this.#plan.onRefusal(errorDescription);
  }

  /** Says that the run is alive. */
  async #ping(id: string, signal: AbortSignal): Promise<void> {
    if (this.#now() - this.#pingedMs < PING_MS) return;
    await this.#post("ping", id, {}, signal);
    this.#pingedMs = this.#now();
  }

  #post(what: string, experimentId: string, rest: Partial<ServerRequest>, signal: AbortSignal): Promise<unknown> {
    const path = `/api/leaderboard/v1/attributes/${what}`;
    return this.#plan.access.request({ method: "POST", path, query: { experimentId }, ...rest }, signal);
  }
}

const GONE = "To make the run anew, move its directory into the folder offline and delete its last_ack_version";
const jsonHeaders = { ...apiHeaders, "content-type": "application/json" };
const creationHeaders = { ...jsonHeaders, "x-neptune-cliversion": FORMAT_VERSION };
