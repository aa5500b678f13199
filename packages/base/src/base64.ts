const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 61; // "="
const NONE = 255;

// Pure, so that bundles without base64 leave the tables out.
const codeOfSextet = /* @__PURE__ */ Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const sextetOfCode = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, code) => {
  const sextet = ALPHABET.indexOf(String.fromCharCode(code));
  return sextet < 0 ? NONE : sextet;
});

/** Bytes as base64 with padding. Own code, since `btoa` takes no bytes but a string of them, and browsers have no `Buffer`. @see RFC 4648, section 4 */
export function toBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  for (let i = 0, out = 0; i < bytes.length; i += 3, out += 4) {
    const triple = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text[out] = codeOfSextet[triple >> 18]!;
    text[out + 1] = codeOfSextet[(triple >> 12) & 63]!;
    text[out + 2] = i + 1 < bytes.length ? codeOfSextet[(triple >> 6) & 63]! : PAD;
    text[out + 3] = i + 2 < bytes.length ? codeOfSextet[triple & 63]! : PAD;
  }
  return new TextDecoder().decode(text);
}

/** The bytes of base64 in a buffer of their own, or undefined if the text is not exactly what {@link toBase64} writes. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const numPads = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const numLetters = text.length - numPads;
  const bytes = new Uint8Array((text.length / 4) * 3 - numPads);
  const sextetAt = (i: number): number => (i < numLetters ? (sextetOfCode[text.charCodeAt(i)] ?? NONE) : 0);
  for (let i = 0, out = 0; i < text.length; i += 4, out += 3) {
    const a = sextetAt(i);
    const b = sextetAt(i + 1);
    const c = sextetAt(i + 2);
    const d = sextetAt(i + 3);
    if ((a | b | c | d) > 63) return undefined;
    const triple = (a << 18) | (b << 12) | (c << 6) | d;
    bytes[out] = triple >> 16;
    bytes[out + 1] = triple >> 8; // past the end of the array nothing is stored
    bytes[out + 2] = triple;
  }
  // Bits that padding leaves over are zero in what toBase64 writes.
  const lastSextet = numLetters > 0 ? sextetAt(numLetters - 1) : 0;
  const unusedBits = numPads === 2 ? 15 : numPads === 1 ? 3 : 0;
  return (lastSextet & unusedBits) === 0 ? bytes : undefined;
}
