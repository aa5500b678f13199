// node --expose-gc outage-child.mjs HOURS ROWS
import { answerAsNeptune } from "../../../benchmarks/log-row/neptune-server.js";
import { outage, type OutageLog } from "../../logging/test/support/outage.js";
import { resolveSettings } from "../src/neptune-options.js";
import { RunLog } from "../src/run/run-log.js";
import { Access } from "../src/upload/access.js";
import { RunUpload } from "../src/upload/run-upload.js";

/** A run's log and its upload, as the logger makes them, but for the clock. */
function open(url: string, folder: string): OutageLog {
  const ignore = (): void => undefined;
  const run = new RunLog({ folder, settings: resolveSettings({}, {}), name: "outage", numRestored: 0, onBranch: ignore, onDrop: ignore });
  const { directory } = run;
  const source = new RunUpload({
    access: new Access({ raw: "token", address: url }),
    project: "me/rows",
    runId: directory.runId,
    serverId: undefined,
    onRun: ({ id }) => run.adopt(directory, id),
    onRefusal: ignore,
  });
  return {
    source,
    write(from, to) {
      for (let row = from; row < to; row++)
        void run.write({ kind: "scalars", key: "train", fit: 1, epoch: 1, step: row, values: { "train/loss": 1 / (row + 1) } }, [row]);
    },
    close: () => run.close(false),
  };
}

const [hours, numRows] = process.argv.slice(2).map(Number) as [number, number];
const policy = { firstMs: 1000, capMs: 30_000, jitter: 0.25 };
const outcome = await outage({
  hours,
  numRows,
  policy,
  idleMs: 1000,
  open,
  answer: ({ path, body, url }) => ({
    body: answerAsNeptune(path, url),
    rows: [...body.matchAll(/"step":(\d+)/g)].map(([, step]) => Number(step)),
  }),
});
console.log(JSON.stringify(outcome));
