import { AppendFile, ProtoWriter } from "@snapfit/logging/node";
import { FILE_HEADER, frameRecord } from "./frames.js";

/** Field of a record that holds its number. */
const NUM = 1;

/** Writes a `.wandb` file. Records are collected, and appended together. */
export class TransactionLog {
  readonly #file: AppendFile;
  readonly #writer = new ProtoWriter();
  #pieces: Uint8Array[];
  #sizeBytes = FILE_HEADER.length;
  #numRecords = 0;
  #numCommitted = 0;

  /** @param path of a file that is not there yet */
  constructor(path: string) {
    this.#file = new AppendFile(path, { exclusive: true });
    this.#pieces = [FILE_HEADER];
  }

  /** Of the file, once what was collected is appended. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Collects a record. @param kind its field in the message `Record` @param body writes its fields */
  add(kind: number, body: (writer: ProtoWriter) => void): void {
    const writer = this.#writer;
    this.#numRecords += 1;
    writer.varint(NUM, this.#numRecords);
    writer.message(kind, () => body(writer));
    const framed = frameRecord(writer.take(), this.#sizeBytes);
    for (const piece of framed) this.#sizeBytes += piece.length;
    this.#pieces.push(...framed);
  }

  /** Appends what was collected, in one write. Where that fails, the file is as it was before, and nothing is collected. */
  commit(): void {
    try {
      this.#file.append(this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces));
      this.#pieces = [];
      this.#numCommitted = this.#numRecords;
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Forgets what was collected. */
  discard(): void {
    const isNew = this.#file.sizeBytes === 0;
    this.#pieces = isNew ? [FILE_HEADER] : [];
    this.#sizeBytes = isNew ? FILE_HEADER.length : this.#file.sizeBytes;
    this.#numRecords = this.#numCommitted;
  }

  close(): void {
    this.#file.close();
  }
}
