import type { EncodedPng } from "@snapfit/logging/node";
import { Message } from "./message.js";

// Numbers of fields are those of TensorBoard's event.proto, summary.proto, tensor.proto and histogram.proto.
const VALUE = { tag: 1, simpleValue: 2, image: 4, histogram: 5, tensor: 8, metadata: 9 };
const METADATA = { pluginData: 1, dataClass: 4 };
const PLUGIN_DATA = { name: 1, content: 2 };
const TENSOR = { dtype: 1, shape: 2, strings: 8 };
const DTYPE = { float: 1, string: 7 };
const DATA_CLASS_TENSOR = 2;

/** Tags of scalars, as bytes: they come again with every row. */
const tagBytes = new Map<string, Uint8Array>();

/** `Summary.Value` of a scalar. TensorBoard keeps it in 32 bits. */
export function scalarValue(tag: string, value: number): Message {
  let bytes = tagBytes.get(tag);
  if (bytes === undefined) tagBytes.set(tag, (bytes = Buffer.from(tag)));
  return new Message().blob(VALUE.tag, bytes).float(VALUE.simpleValue, value);
}

/** Of a text; TensorBoard shows it as Markdown. */
export function textValue(tag: string, text: string): Message {
  const tensor = new Message().int(TENSOR.dtype, DTYPE.string).message(TENSOR.shape, new Message()).string(TENSOR.strings, text);
  return new Message().string(VALUE.tag, tag).message(VALUE.tensor, tensor).message(VALUE.metadata, pluginMetadata("text"));
}

/** Of a picture. */
export function imageValue(tag: string, { bytes, width, height, numChannels }: EncodedPng): Message {
  const image = new Message().int(1, height).int(2, width).int(3, numChannels).blob(4, bytes);
  return new Message().string(VALUE.tag, tag).message(VALUE.image, image);
}

/** Of counts between edges. The sums are those of the middles of the bins. @param edges one more than counts, rising */
export function histogramValue(tag: string, edges: readonly number[], counts: readonly number[]): Message {
  let [total, sum, sumOfSquares] = [0, 0, 0];
  for (const [i, count] of counts.entries()) {
    const middle = (edges[i]! + edges[i + 1]!) / 2;
    total += count;
    sum += count * middle;
    sumOfSquares += count * middle * middle;
  }
  const histogram = new Message().double(1, edges[0]!).double(2, edges.at(-1)!).double(3, total).double(4, sum).double(5, sumOfSquares);
  histogram.doubles(6, edges.slice(1)).doubles(7, counts);
  return new Message().string(VALUE.tag, tag).message(VALUE.histogram, histogram);
}

/** Of something that only a plugin reads. */
export function pluginValue(tag: string, plugin: string, content: Message): Message {
  const nothing = new Message().int(TENSOR.dtype, DTYPE.float).message(TENSOR.shape, new Message().message(2, new Message())); // shape [0]
  return new Message().string(VALUE.tag, tag).message(VALUE.tensor, nothing).message(VALUE.metadata, pluginMetadata(plugin, content));
}

function pluginMetadata(plugin: string, content?: Message): Message {
  const data = new Message().string(PLUGIN_DATA.name, plugin);
  if (content !== undefined) data.message(PLUGIN_DATA.content, content);
  return new Message().message(METADATA.pluginData, data).int(METADATA.dataClass, DATA_CLASS_TENSOR);
}
