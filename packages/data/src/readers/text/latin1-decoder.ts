/** What windows-1252 has where ISO 8859-1 has control characters, from 80 to 9f. */
const UPPER = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** Decodes windows-1252. Some versions of Node take it for ISO 8859-1, which differs in a few characters. */
export class Latin1Decoder {
  readonly encoding = "windows-1252";
  readonly #decoder = new TextDecoder("latin1");

  decode(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes).replace(/[\u0080-\u009f]/g, (character) => UPPER[character.charCodeAt(0) - 0x80]!);
  }
}
