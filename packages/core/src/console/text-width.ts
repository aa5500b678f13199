// East Asian wide and full-width ranges of Unicode 15 (UAX 11, W and F), and emoji: two columns in a terminal.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
// Marks, and the vowels and finals of decomposed Korean, which stand on the initial before them.
const zero = /\p{Mn}|\p{Me}|\p{Cf}|[\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** Columns that a text takes in a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** The beginning of a text that fits into `columns`. */
export function fitText(text: string, columns: number): string {
  let fitted = "";
  let width = 0;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) break;
    fitted += character;
  }
  return fitted;
}

/** A text filled with blanks up to `columns`. */
export function padText(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - textWidth(text)));
}
