/** Bytes of WebAssembly, nested as they were put together. */
export type Code = readonly (number | Code)[];

/** An unsigned number in LEB128. */
export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** A signed number in LEB128. */
export function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

export function flatten(code: Code): number[] {
  const bytes: number[] = [];
  append(code, bytes);
  return bytes;
}

function append(code: Code, bytes: number[]): void {
  for (const item of code) {
    if (typeof item === "number") bytes.push(item);
    else append(item, bytes);
  }
}

/** Items after their number. */
export function list(items: Code): Code {
  return [unsigned(items.length), items];
}

/** Code after its size in bytes. */
export function sized(code: Code): Code {
  const bytes = flatten(code);
  return [unsigned(bytes.length), bytes];
}

export function text(value: string): Code {
  return list(Array.from(value, (letter) => letter.charCodeAt(0)));
}
