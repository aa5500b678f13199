import { wandbError } from "../wandb-error.js";

/** One field of a message: a number for varints and fixed ones, bytes for all else. */
export interface ProtoField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

const utf8 = new TextDecoder();

/** The fields of a message in protobuf's wire format, in their order. @throws SnapfitError `LOG_DAMAGED` */
export function protoFields(bytes: Uint8Array): ProtoField[] {
  const fields: ProtoField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 63) throw damaged();
      value += (byte % 128) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw damaged();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) fields.push({ field, value: varint() });
    else if (wireType === 2) fields.push({ field, value: take(varint()) });
    else if (wireType === 1 || wireType === 5) fields.push({ field, value: take(wireType === 1 ? 8 : 4) });
    else throw damaged();
  }
  return fields;
}

/** The texts of a field, in their order. */
export function textsOf(fields: readonly ProtoField[], field: number): string[] {
  return bytesOf(fields, field).map((bytes) => utf8.decode(bytes));
}

/** The messages of a field, in their order. */
export function bytesOf(fields: readonly ProtoField[], field: number): Uint8Array[] {
  const found: Uint8Array[] = []; // flatMap() would take most of an upload's time
  for (const own of fields) if (own.field === field && typeof own.value !== "number") found.push(own.value);
  return found;
}

/** The number of a field; 0 if it is not there, as protobuf has it. */
export function numberOf(fields: readonly ProtoField[], field: number): number {
  const found = fields.findLast((own) => own.field === field)?.value;
  return typeof found === "number" ? found : 0;
}

function damaged(): Error {
  return wandbError("LOG_DAMAGED", "A record of a W&B log is no protobuf message. The file is damaged, or no W&B log.");
}
