import { captureConsole, systemFigures } from "@snapfit/logging/node";
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { logFloatText, operationText, pathOf } from "../log/operation.js";
import { attribute } from "./attributes.js";

const MAX_SERIES_STRING = 1000;
/** Figures of all systems that are shares of what the machine has. */
const SHARES = ["cpu", "memory_percent"];

/**
 * Writes figures of the machine and lines of the console into `monitoring/<process>/…`, each process into a place of its own. Steps count the values of a
 * series from 0, so that a server knows those that it is sent again.
 * @param write takes JSON of operations @returns the end of it
 */
export function monitor(write: (operations: readonly string[]) => void): () => void {
  const place = `monitoring/${createHash("sha1").update(`${hostname()} ${process.pid} ${Date.now()}`).digest("hex").slice(0, 8)}`;
  const counts = new Map<string, number>();
  const nextStep = (name: string): number => {
    const step = counts.get(name) ?? 0;
    counts.set(name, step + 1);
    return step;
  };
  const about = { hostname: hostname(), pid: String(process.pid) };
  write([
    ...Object.entries(about).map(([name, value]) => operationText(attribute(`${place}/${name}`, value))),
    ...SHARES.map((name) => operationText({ type: "ConfigFloatSeries", path: pathOf(`${place}/${name}`), min: 0, max: 100, unit: "%" })),
  ]);
  const stopFigures = systemFigures((figures) => {
    const ts = Date.now() / 1000;
    const finite = Object.entries(figures).filter(([, value]) => Number.isFinite(value));
    write(finite.map(([name, value]) => logFloatText(`${place}/${name.replaceAll("/", "_")}`, value, nextStep(name), ts)));
  });
  const stopConsole = captureConsole(({ stream, text }) => {
    const ts = Date.now() / 1000;
    const values = piecesOf(text).map((value) => ({ value, step: nextStep(stream), ts }));
    write([operationText({ type: "LogStrings", path: pathOf(`${place}/${stream}`), values })]);
  });
  return () => {
    stopConsole();
    stopFigures();
  };
}

/** A line in parts that servers take; no part ends within a character. */
function piecesOf(line: string): readonly string[] {
  return line.match(new RegExp(`.{1,${MAX_SERIES_STRING / 2}}`, "gsu")) ?? [""];
}
