import type { StateTree } from "@snapfit/base";
import type { ProtoWriter } from "@snapfit/logging/node";
import { pluginValue, type SummaryValue } from "./summary-values.js";

// Numbers of fields are those of TensorBoard's plugin_data.proto, and of google.protobuf.Value.
const PLUGIN_DATA = { sessionStart: 3, sessionEnd: 4 };
const VALUE = { number: 2, string: 3, bool: 4 };
const STATUS_SUCCESS = 1;

/** The beginning of a run, with the options that it has: what the page HPARAMS compares. @param config may be nested; names are joined by dots */
export function sessionStart(config: Readonly<Record<string, StateTree>>, timeMs: number): SummaryValue {
  return pluginValue("_hparams_/session_start_info", "hparams", (writer) => {
    writer.message(PLUGIN_DATA.sessionStart, () => {
      for (const [name, value] of flat(config)) {
        writer.message(1, () => {
          writer.text(1, name);
          writer.message(2, () => writeValue(writer, value));
        });
      }
      writer.double(5, timeMs / 1000);
    });
  });
}

/** The end of a run. */
export function sessionEnd(timeMs: number): SummaryValue {
  return pluginValue("_hparams_/session_end_info", "hparams", (writer) => {
    writer.message(PLUGIN_DATA.sessionEnd, () => {
      writer.varint(1, STATUS_SUCCESS);
      writer.double(2, timeMs / 1000);
    });
  });
}

function writeValue(writer: ProtoWriter, value: number | string | boolean): void {
  if (typeof value === "number") writer.double(VALUE.number, value);
  else if (typeof value === "boolean") writer.varint(VALUE.bool, Number(value));
  else writer.text(VALUE.string, value);
}

/** What the page can compare: numbers, texts and booleans. Lists are texts. */
function flat(tree: Readonly<Record<string, StateTree>>, prefix = ""): [name: string, value: number | string | boolean][] {
  return Object.entries(tree).flatMap(([key, value]): [string, number | string | boolean][] => {
    const name = `${prefix}${key}`;
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return [[name, value]];
    if (Array.isArray(value)) return [[name, JSON.stringify(value)]];
    return value === null ? [] : flat(value as Readonly<Record<string, StateTree>>, `${name}.`);
  });
}
