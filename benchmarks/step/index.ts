import { join } from "node:path";
import type { Benchmark, Row } from "../row.js";
import { cases } from "./cases.js";
import { engines, THREADS } from "./engines.js";
import { measureCase } from "./measure-case.js";
import { summary } from "./summary.js";

export default {
  title: `One training step (forward, backward, optimizer) on ${THREADS} threads: the native engine, PyTorch at its best of eager, fused optimizer, channels-last and attention by hand, tfjs-node, and the cpu backend`,
  own: "native",
  choices: { only: Object.keys(cases), engine: Object.keys(engines) },
  async run({ scratch, only = Object.keys(cases), engine = Object.keys(engines), profile = false }) {
    const paths = { scratch, sources: join(scratch, "../benchmarks/step") };
    const rows: Row[] = [];
    for (const name of only) rows.push(...(await measureCase(name, cases[name]!, engine, paths, profile)));
    return rows;
  },
  summary,
} satisfies Benchmark;
