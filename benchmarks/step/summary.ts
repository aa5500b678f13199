import type { Row } from "../row.js";

/** Ratios to PyTorch with their geometric mean, peak memory and start times, each as a table of cases by engines. */
export function summary(rows: readonly Row[]): string {
  return [
    ratios(rows, "native", "torch"),
    ratios(rows, "native-bf16", "native"),
    table("Peak memory, MB, of each engine's own process", rows, ({ peakMegabytes }) => peakMegabytes?.toFixed(0)),
    table("From process start to the end of the first step, s", rows, ({ firstStepMs }) => firstStepMs && (firstStepMs / 1000).toFixed(2)),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function ratios(rows: readonly Row[], own: string, peer: string): string {
  const pairs = rows
    .filter(({ engine }) => engine === own)
    .flatMap((ours) => {
      const theirs = rows.find((row) => row.case === ours.case && row.engine === peer);
      return theirs === undefined ? [] : [{ case: ours.case, ratio: ours.medianMs / theirs.medianMs }];
    });
  if (pairs.length === 0) return "";
  const mean = Math.exp(pairs.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / pairs.length);
  const lines = pairs.map(({ case: name, ratio }) => `  ${name.padEnd(20)} ${ratio.toFixed(3)}`);
  return [`${own} / ${peer}, medians`, ...lines, `  ${"geometric mean".padEnd(20)} ${mean.toFixed(3)}`].join("\n");
}

function table(title: string, rows: readonly Row[], cell: (row: Row) => string | number | undefined): string {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const lines = [...new Set(rows.map((row) => row.case))].map((name) => {
    const cells = engines.map((engine) => {
      const found = rows.find((row) => row.case === name && row.engine === engine);
      return String((found && cell(found)) ?? "-").padStart(12);
    });
    return `  ${name.padEnd(20)}${cells.join("")}`;
  });
  return [title, `  ${"".padEnd(20)}${engines.map((engine) => engine.padStart(12)).join("")}`, ...lines].join("\n");
}
