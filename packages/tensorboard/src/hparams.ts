import type { StateTree } from "@snapfit/base";
import { Message } from "./message.js";
import { pluginValue } from "./summary-values.js";

// Numbers of fields are those of TensorBoard's plugin_data.proto, and of google.protobuf.Value.
const PLUGIN_DATA = { sessionStart: 3, sessionEnd: 4 };
const VALUE = { number: 2, string: 3, bool: 4 };
const STATUS_SUCCESS = 1;

/** The beginning of a run, with the options that it has: what the page HPARAMS compares. @param config may be nested; names are joined by dots */
export function sessionStart(config: Readonly<Record<string, StateTree>>, timeMs: number): Message {
  const info = new Message();
  for (const [name, value] of flat(config)) {
    const entry = new Message();
    if (typeof value === "number") entry.double(VALUE.number, value);
    else if (typeof value === "boolean") entry.int(VALUE.bool, Number(value));
    else entry.string(VALUE.string, value);
    info.message(1, new Message().string(1, name).message(2, entry));
  }
  info.double(5, timeMs / 1000);
  return pluginValue("_hparams_/session_start_info", "hparams", new Message().message(PLUGIN_DATA.sessionStart, info));
}

/** The end of a run. */
export function sessionEnd(timeMs: number): Message {
  const info = new Message().int(1, STATUS_SUCCESS).double(2, timeMs / 1000);
  return pluginValue("_hparams_/session_end_info", "hparams", new Message().message(PLUGIN_DATA.sessionEnd, info));
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
