/** How a value stands on the wire. @see Protocol Buffers, "Encoding" */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };

/** A protobuf message that is being written. Fields stand in the order of the calls. */
export class Message {
  #bytes: Buffer;
  #length = 0;

  /** @param numBytes to begin with; it grows */
  constructor(numBytes = 64) {
    this.#bytes = Buffer.allocUnsafe(numBytes);
  }

  get sizeBytes(): number {
    return this.#length;
  }

  /** What has been written so far; valid until the next call. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** int32, int64, bool and enums. @param value not negative, a safe integer */
  int(field: number, value: number): this {
    this.#varint((field << 3) | WIRE.varint);
    this.#varint(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#varint((field << 3) | WIRE.fixed64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint((field << 3) | WIRE.fixed32);
    this.#reserve(4);
    this.#length = this.#bytes.writeFloatLE(value, this.#length);
    return this;
  }

  /** A repeated field of doubles. */
  doubles(field: number, values: readonly number[]): this {
    this.#varint((field << 3) | WIRE.bytes);
    this.#varint(values.length * 8);
    this.#reserve(values.length * 8);
    for (const value of values) this.#length = this.#bytes.writeDoubleLE(value, this.#length);
    return this;
  }

  string(field: number, text: string): this {
    return this.blob(field, Buffer.from(text));
  }

  message(field: number, message: Message): this {
    this.#varint((field << 3) | WIRE.bytes);
    this.#varint(message.#length);
    this.#reserve(message.#length);
    message.#bytes.copy(this.#bytes, this.#length, 0, message.#length);
    this.#length += message.#length;
    return this;
  }

  blob(field: number, bytes: Uint8Array): this {
    this.#varint((field << 3) | WIRE.bytes);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #varint(value: number): void {
    this.#reserve(10);
    let left = value;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.#bytes[this.#length++] = (left % 0x80) | 0x80;
    this.#bytes[this.#length++] = left;
  }

  #reserve(numBytes: number): void {
    if (this.#length + numBytes <= this.#bytes.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + numBytes));
    bigger.set(this.bytes);
    this.#bytes = bigger;
  }
}
