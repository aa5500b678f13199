import type { LogRecord, LogSink } from "@snapfit/core";
import type { Conformance } from "./conformance.js";
import { withWorlds } from "./logger-run.js";

const NUM_ROWS = 100_000;

/** 100 000 rows, given to the sink one after the other. */
export async function checkManyRows(conformance: Conformance): Promise<void> {
  await checkRecords(conformance, " after 100,000 rows", function* () {
    for (let step = 1; step <= NUM_ROWS; step++)
      yield { ...rowOf(step, "train"), kind: "scalars", values: { "train/loss": 1 / step, "train/acc": step % 7 } };
  });
}

/** A text of a million characters, of one to four bytes each, and a row behind it. */
export async function checkLongText(conformance: Conformance): Promise<void> {
  await checkRecords(conformance, " with a text of a million characters", function* () {
    yield { ...rowOf(1, "긴 글"), kind: "text", text: "가나다 abc\n🎉é".repeat(100_000).slice(0, 1_000_000) };
    yield { ...rowOf(2, "train"), kind: "scalars", values: { "train/loss": 0.5 } };
  });
}

/** NaN, infinities, the smallest and largest numbers, and names and texts in any script. */
export async function checkOddRows(conformance: Conformance): Promise<void> {
  const numbers = {
    nan: NaN,
    infinity: Infinity,
    minus: -Infinity,
    zero: -0,
    tiny: Number.MIN_VALUE,
    huge: Number.MAX_VALUE,
    third: 1 / 3,
    big: 2 ** 53,
  };
  const names = [
    "정확도/검증 손실",
    "🎯/👩‍👩‍👧 한글",
    'quotes/"a"',
    "comma/a, b; c",
    "back/slash\\n",
    "dots/a.b.c",
    "train/__proto__x",
    `long/${"n".repeat(300)}`,
  ];
  const texts = ["", " ", "한글과 🎉👩‍👩‍👧", 'a "quoted" \\ line\nand\tanother\r\n', "nul \u0000 and del \u007f", "null", "NaN", "1"];
  await checkRecords(conformance, "", function* () {
    let step = 0;
    for (const [name, value] of Object.entries(numbers))
      yield { ...rowOf(++step, "train"), kind: "scalars", values: { [`odd/${name}`]: value, "train/loss": 1 } };
    yield { ...rowOf(++step, "train"), kind: "scalars", values: Object.fromEntries(names.map((name, i) => [name, i])) };
    for (const text of texts) yield { ...rowOf(++step, "메모/📈"), kind: "text", text };
  });
}

/** Gives records to the logger's sinks themselves. */
async function checkRecords(conformance: Conformance, when: string, make: () => Iterable<LogRecord>): Promise<void> {
  await withWorlds(async ({ empty }) => {
    const world = empty();
    const records: LogRecord[] = [];
    await conformance.run(
      {
        world,
        script: async (trainer) => {
          await trainer.ready();
          for (const record of make()) {
            records.push(record);
            for (const sink of trainer.sinks) await give(sink, record);
          }
        },
      },
      when,
    );
    await conformance.expectRecords(world, records, when);
  });
}

async function give(sink: LogSink, record: LogRecord): Promise<void> {
  if (sink.name === "observer" || sink.kinds?.includes(record.kind) === false) return;
  const written = sink.write(record);
  if (written !== undefined) await written;
}

function rowOf(step: number, key: string): { readonly fit: number; readonly step: number; readonly epoch: number; readonly key: string } {
  return { fit: 1, step, epoch: 1, key };
}
