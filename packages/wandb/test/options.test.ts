import { describe, expect, test } from "vitest";
import { resolveSettings } from "../src/wandb-options.js";
import { Logged, optionsIn } from "./support/tiny-run.js";

describe("options", () => {
  test("win over the environment, which wins over defaults", () => {
    const env = {
      WANDB_MODE: "disabled",
      WANDB_PROJECT: "from-env",
      WANDB_ENTITY: "team",
      WANDB_NAME: "name",
      WANDB_TAGS: "a,b,",
      WANDB_NOTES: "notes",
      WANDB_RUN_GROUP: "group",
      WANDB_JOB_TYPE: "job",
      WANDB_RUN_ID: "id-1",
      WANDB_RESUME: "must",
      WANDB_DIR: "/d",
      WANDB_SWEEP_ID: "sweep",
      NETRC: "/nowhere",
    };
    expect(resolveSettings({ project: "given", tags: ["c"] }, env)).toEqual({
      mode: "disabled",
      project: "given",
      entity: "team",
      name: "name",
      tags: ["c"],
      notes: "notes",
      group: "group",
      jobType: "job",
      runId: "id-1",
      resume: "must",
      directory: "/d",
      metrics: { "train/*_epoch": { step: "epoch" } },
      logModel: false,
      sweepId: "sweep",
      baseUrl: "https://api.wandb.ai",
      closeTimeoutMs: 60_000,
      apiKey: undefined,
    });
    expect(resolveSettings({}, env).tags).toEqual(["a", "b"]);
    expect(resolveSettings({}, { WANDB_API_KEY: "k" }).mode).toBe("online");
    expect(resolveSettings({}, { NETRC: "/nowhere" })).toMatchObject({
      mode: "offline",
      project: "uncategorized",
      tags: [],
      runId: undefined,
      resume: undefined,
    });
  });

  test("are refused with what they take, when the trainer is built", () => {
    const build = (wandb: object) => () => new Logged(optionsIn("nowhere", wandb));
    expect(build({ projct: "a" })).toThrow(
      expect.objectContaining({ code: "OPTION_UNKNOWN", message: 'There is no option "wandb.projct". Did you mean "project"?' }),
    );
    expect(build({ mode: "on" })).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        message: 'Option wandb.mode is "on". It takes "online", "offline" or "disabled".',
      }),
    );
    expect(build({ project: "a/b" })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expect(build({ runId: "a b" })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expect(build({ tags: "a" })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expect(build({ metrics: { "valid/*": { summery: ["min"] } } })).toThrow(
      'There is no option "wandb.metrics["valid/*"].summery". Did you mean "summary"?',
    );
    expect(build({ metrics: { a: { summary: ["median"] } } })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expect(() => resolveSettings({}, { WANDB_MODE: "dryrun" })).toThrow('Variable WANDB_MODE of the environment is "dryrun".');
  });
});
