/** What the header of a page says. */
export interface PageHeader {
  readonly kind: "data" | "dictionary" | "index";
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly numValues: number;
}

/** By the number that the header has for them; 3 are data pages of the second version. */
const KINDS: readonly PageHeader["kind"][] = ["data", "index", "dictionary", "data"];

/** The pages of a column chunk, from its bytes. @throws Error if they are no pages. */
export function* readPageHeaders(bytes: Uint8Array): Generator<PageHeader, void, undefined> {
  const reader = new CompactReader(bytes);
  while (reader.at < bytes.length) {
    const header = reader.struct();
    const inner = [5, 7, 8].map((id) => header.get(id)).find((value) => value instanceof Map);
    const kind = KINDS[numberOf(header.get(1))];
    if (!kind) throw new Error("there is a page of no known type");
    const page = {
      kind,
      sizeBytes: numberOf(header.get(2)),
      packedBytes: numberOf(header.get(3)),
      numValues: kind === "index" ? 0 : numberOf(inner?.get(1)),
    };
    if (page.packedBytes > bytes.length - reader.at) throw new Error("a page goes on beyond its column");
    reader.at += page.packedBytes;
    yield page;
  }
}

function numberOf(value: ThriftValue | undefined): number {
  if (typeof value !== "number" || value < 0) throw new Error("a page header is incomplete");
  return value;
}

type ThriftValue = number | ThriftStruct | undefined;
type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** How deep structures of page headers may lie within each other. */
const MOST_LEVELS = 16;

/** Reads Thrift's compact protocol: integers and structures; all else is passed over. */
class CompactReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(level = 0): ThriftStruct {
    if (level > MOST_LEVELS) throw new Error("a page header has too many levels");
    const fields = new Map<number, ThriftValue>();
    for (let id = 0, byte = this.#byte(); byte !== 0; byte = this.#byte()) {
      id = byte >> 4 === 0 ? this.#zigzag() : id + (byte >> 4);
      fields.set(id, this.#value(byte & 15, level));
    }
    return fields;
  }

  #value(type: number, level: number): ThriftValue {
    if (type === 1 || type === 2) return undefined; // the type is the value
    if (type === 3) this.#skip(1);
    else if (type >= 4 && type <= 6) return this.#zigzag();
    else if (type === 7) this.#skip(8);
    else if (type === 8) this.#skip(this.#varint());
    else if (type === 9 || type === 10) {
      const head = this.#byte();
      const count = head >> 4 === 15 ? this.#varint() : head >> 4;
      for (let i = 0; i < count; i++) this.#value(Math.max(3, head & 15), level + 1);
    } else if (type === 12) return this.struct(level + 1);
    else throw new Error(`a page header has a field of type ${type}`);
    return undefined;
  }

  #byte(): number {
    this.#skip(1);
    return this.#bytes[this.at - 1]!;
  }

  #skip(numBytes: number): void {
    this.at += numBytes;
    if (this.at > this.#bytes.length) throw new Error("a page header is cut off");
  }

  /** Seven bits in each byte; what is beyond 2^53 is of no use here. */
  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
