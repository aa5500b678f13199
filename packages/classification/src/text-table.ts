/** Columns that a text takes in a terminal: Chinese, Japanese and Korean characters, full-width forms and emoji take two, combining marks none. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text.normalize("NFC")) columns += none.test(character) ? 0 : two.test(character) ? 2 : 1;
  return columns;
}

const none = /\p{Mn}|\p{Me}|\p{Cf}/u;
const two =
  /\p{Script=Hangul}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/**
 * Rows under a head, in aligned columns: texts to the left, columns of numbers to the right, with three decimals unless all of the column are whole.
 * NaN is `-`.
 */
export function textTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const isNumeric = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const isWhole = head.map((_, column) => rows.every((row) => Number.isInteger(row[column])));
  const cells = [head, ...rows.map((row) => row.map((cell, column) => cellText(cell, isWhole[column]!)))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => columnsOf(row[column]!))));
  const lines = cells.map((row) =>
    row.map((cell, column) => {
      const blanks = " ".repeat(widths[column]! - columnsOf(cell));
      return isNumeric[column] ? blanks + cell : cell + blanks;
    }),
  );
  lines.splice(
    1,
    0,
    widths.map((width) => "-".repeat(width)),
  );
  return lines.map((line) => line.join("  ").trimEnd()).join("\n");
}

function cellText(cell: string | number, isWhole: boolean): string {
  if (typeof cell === "string") return cell;
  if (Number.isNaN(cell)) return "-";
  return isWhole ? String(cell) : cell.toFixed(3);
}
