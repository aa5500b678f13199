import { encodedText, type EncodedPng, type ProtoWriter } from "@snapfit/logging/node";

// Numbers of fields are those of TensorBoard's event.proto, summary.proto, tensor.proto and histogram.proto.
const VALUE = { tag: 1, simpleValue: 2, image: 4, histogram: 5, tensor: 8, metadata: 9 };
const METADATA = { pluginData: 1, dataClass: 4 };
const PLUGIN_DATA = { name: 1, content: 2 };
const TENSOR = { dtype: 1, shape: 2, strings: 8 };
const DTYPE = { float: 1, string: 7 };
const DATA_CLASS_TENSOR = 2;

/** Writes the fields of a `Summary.Value`. */
export type SummaryValue = (writer: ProtoWriter) => void;

/** Tags of scalars, encoded: they come again with every row. */
const encodedTags = new Map<string, Uint8Array>();

/** A scalar. TensorBoard keeps it in 32 bits. */
export function scalarValue(tag: string, value: number): SummaryValue {
  let encoded = encodedTags.get(tag);
  if (encoded === undefined) encodedTags.set(tag, (encoded = encodedText(VALUE.tag, tag)));
  return (writer) => {
    writer.encoded(encoded);
    writer.float(VALUE.simpleValue, value);
  };
}

/** A text; TensorBoard shows it as Markdown. */
export function textValue(tag: string, text: string): SummaryValue {
  return (writer) => {
    writer.text(VALUE.tag, tag);
    writer.message(VALUE.tensor, () => {
      writer.varint(TENSOR.dtype, DTYPE.string);
      writer.message(TENSOR.shape, () => {});
      writer.text(TENSOR.strings, text);
    });
    writeMetadata(writer, "text");
  };
}

/** A picture. */
export function imageValue(tag: string, { bytes, width, height, numChannels }: EncodedPng): SummaryValue {
  return (writer) => {
    writer.text(VALUE.tag, tag);
    writer.message(VALUE.image, () => {
      writer.varint(1, height);
      writer.varint(2, width);
      writer.varint(3, numChannels);
      writer.bytes(4, bytes);
    });
  };
}

/** Counts between edges. The sums are those of the middles of the bins. @param edges one more than counts, rising */
export function histogramValue(tag: string, edges: readonly number[], counts: readonly number[]): SummaryValue {
  let [total, sum, sumOfSquares] = [0, 0, 0];
  for (const [i, count] of counts.entries()) {
    const middle = (edges[i]! + edges[i + 1]!) / 2;
    total += count;
    sum += count * middle;
    sumOfSquares += count * middle * middle;
  }
  return (writer) => {
    writer.text(VALUE.tag, tag);
    writer.message(VALUE.histogram, () => {
      for (const [i, value] of [edges[0]!, edges.at(-1)!, total, sum, sumOfSquares].entries()) writer.double(i + 1, value);
      writer.doubles(6, edges.slice(1));
      writer.doubles(7, counts);
    });
  };
}

/** Something that only a plugin reads. @param content writes the fields of the plugin's message */
export function pluginValue(tag: string, plugin: string, content: (writer: ProtoWriter) => void): SummaryValue {
  return (writer) => {
    writer.text(VALUE.tag, tag);
    writer.message(VALUE.tensor, () => {
      writer.varint(TENSOR.dtype, DTYPE.float);
      writer.message(TENSOR.shape, () => writer.message(2, () => {})); // shape [0]
    });
    writeMetadata(writer, plugin, content);
  };
}

function writeMetadata(writer: ProtoWriter, plugin: string, content?: (writer: ProtoWriter) => void): void {
  writer.message(VALUE.metadata, () => {
    writer.message(METADATA.pluginData, () => {
      writer.text(PLUGIN_DATA.name, plugin);
      if (content !== undefined) writer.message(PLUGIN_DATA.content, () => content(writer));
    });
    writer.varint(METADATA.dataClass, DATA_CLASS_TENSOR);
  });
}
