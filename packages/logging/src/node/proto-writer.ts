/** Numbers of protobuf's wire types. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** Of a field's number and its length, at most. */
const TAG_BYTES = 20;
/** Letters of a short text. */
const SHORT = 40;

/** A field that is encoded once and written many times. */
export function encodedText(field: number, text: string): Uint8Array {
  const writer = new ProtoWriter();
  writer.text(field, text);
  return writer.take();
}

/**
 * Encodes messages in protobuf's wire format, in one buffer that is used again.
 * @see the wire format in protobuf's documentation, "Encoding"
 */
export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #size = 0;

  /** @param value a whole number from 0 to 2^53 */
  varint(field: number, value: number): void {
    this.#reserve(TAG_BYTES);
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  /** A boolean; nothing for false, which readers take for granted. */
  flag(field: number, value: boolean): void {
    if (value) this.varint(field, 1);
  }

  /** In 64 bits. */
  double(field: number, value: number): void {
    this.#reserve(TAG_BYTES);
    this.#tag(field, FIXED_64);
    this.#size = this.#buffer.writeDoubleLE(value, this.#size);
  }

  /** In 32 bits. */
  float(field: number, value: number): void {
    this.#reserve(TAG_BYTES);
    this.#tag(field, FIXED_32);
    this.#size = this.#buffer.writeFloatLE(value, this.#size);
  }

  /** A repeated field of doubles, packed. */
  doubles(field: number, values: readonly number[]): void {
    this.#reserve(TAG_BYTES + 8 * values.length);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(8 * values.length);
    for (const value of values) this.#size = this.#buffer.writeDoubleLE(value, this.#size);
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#reserve(TAG_BYTES);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(bytes.length);
    this.encoded(bytes);
  }

  /** UTF-8. */
  text(field: number, text: string): void {
    this.#reserve(TAG_BYTES + 3 * text.length);
    this.#tag(field, LENGTH_DELIMITED);
    const start = this.#size + 1;
    this.#size = start + (this.#shortAscii(text, start) ? text.length : this.#buffer.write(text, start));
    this.#close(start);
  }

  /** A text that may be missing. */
  optional(field: number, text: string | undefined): void {
    if (text !== undefined && text !== "") this.text(field, text);
  }

  /** Fields that are encoded already. */
  encoded(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  /** A message within the message. @param body writes its fields */
  message(field: number, body: () => void): void {
    this.#reserve(TAG_BYTES);
    this.#tag(field, LENGTH_DELIMITED);
    const start = ++this.#size;
    body();
    this.#reserve(10);
    this.#close(start);
  }

  /** A copy of what was written; the next message begins. */
  take(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.#size);
    this.#buffer.copy(bytes, 0, 0, this.#size);
    this.#size = 0;
    return bytes;
  }

  /** Writes the length of what begins at `start` into the byte before it, and moves that on where one byte is too little. */
  #close(start: number): void {
    const length = this.#size - start;
    let more = 0;
    for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) more += 1;
    if (more > 0) this.#buffer.copyWithin(start + more, start, this.#size);
    this.#size = start - 1;
    this.#varint(length);
    this.#size += length;
  }

  /** Numbers and names, for which a call of the system's encoder costs more than the text does. @returns whether it was one */
  #shortAscii(text: string, start: number): boolean {
    const { length } = text;
    if (length > SHORT) return false;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      this.#buffer[start + i] = code;
    }
    return true;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#size++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#size++] = rest;
  }

  #reserve(numBytes: number): void {
    if (this.#size + numBytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#size + numBytes));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
