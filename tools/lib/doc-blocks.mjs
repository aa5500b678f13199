/**
 * A piece of code in a document or doc comment.
 * @typedef {object} DocBlock
 * @property {string} file path of the document
 * @property {number} line of the first line of code, from 1
 * @property {"run" | "no-run" | "no-check"} use what is done with it
 * @property {string} reason why it is not checked
 * @property {boolean} continues the block before it in the same document: what that one declares is at hand
 * @property {string} code
 */

/** Opens or closes a fenced block, maybe in a quote or a list. */
const fence = /^[ >]*```(.*)$/;

/**
 * The TypeScript blocks of a Markdown text. The words after the language say how a block is treated: none for checked and run,
 * `no-run` for checked only, `no-check REASON` for shown only, `continued` for the next part of the block before.
 * @param {string} file @param {string} text @returns {DocBlock[]}
 */
export function markdownBlocks(file, text) {
  return blocksOf(file, text.split("\n"), 1);
}

/**
 * The blocks of all `@example` tags in a source file; what follows a tag without a block is code up to the next tag.
 * @param {string} file @param {string} text @returns {DocBlock[]}
 */
export function exampleBlocks(file, text) {
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap((comment) => {
    const firstLine = lineAt(text, comment.index);
    const lines = comment[0].split("\n").map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)? ?/, "").replace(/\s*\*\/$/, ""));
    return sectionsOf(lines).flatMap(({ start, lines: section }) => {
      if (section.some((line) => fence.test(line))) return blocksOf(file, section, firstLine + start);
      const code = section
        .join("\n")
        .replace(/^@example\b/, "")
        .trimEnd();
      return [{ file, line: firstLine + start, code, use: /** @type {const} */ ("run"), reason: "", continues: false }];
    });
  });
}

/** What stands from an `@example` to the next tag outside of a block. @param {string[]} lines */
function sectionsOf(lines) {
  /** @type {{ start: number, lines: string[] }[]} */
  const sections = [];
  /** @type {{ start: number, lines: string[] } | undefined} */
  let current;
  let isInBlock = false;
  for (const [index, line] of lines.entries()) {
    if (!isInBlock && /^@\w/.test(line)) current = undefined;
    if (!isInBlock && /^@example\b/.test(line)) sections.push((current = { start: index, lines: [] }));
    if (fence.test(line)) isInBlock = !isInBlock;
    current?.lines.push(line);
  }
  return sections;
}

/** @param {string} file @param {string[]} lines @param {number} firstLine @returns {DocBlock[]} */
function blocksOf(file, lines, firstLine) {
  /** @type {DocBlock[]} */
  const blocks = [];
  /** @type {{ info: string, line: number, indent: number, lines: string[] } | undefined} */
  let open;
  for (const [index, line] of lines.entries()) {
    const info = fence.exec(line)?.[1]?.trim();
    if (info === undefined) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { info, line: firstLine + index + 1, indent: line.indexOf("`"), lines: [] };
    } else {
      const { line: start, indent } = open;
      const code = open.lines.map((each) => each.slice(Math.min(indent, each.search(/\S|$/)))).join("\n");
      const use = readInfo(open.info, `${file}:${start}`);
      if (use !== undefined) blocks.push({ file, line: start, code, ...use });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: a block is never closed.`);
  return blocks;
}

/**
 * @param {string} info what follows the three backticks
 * @param {string} place
 * @returns {Pick<DocBlock, "use" | "reason" | "continues"> | undefined} undefined for another language
 */
function readInfo(info, place) {
  const [language = "", ...words] = info.split(/\s+/);
  if (/^(js|javascript|mjs|typescript|tsx)$/.test(language)) throw new Error(`${place}: write \`\`\`ts, so that the block is checked.`);
  if (language !== "ts") return undefined;
  const continues = words[0] === "continued";
  const [word, ...rest] = continues ? words.slice(1) : words;
  const reason = rest.join(" ");
  if (word === undefined) return { use: "run", reason, continues };
  if (word !== "no-run" && word !== "no-check") throw new Error(`${place}: "${word}" is none of no-run, no-check, continued.`);
  if (word === "no-check" && reason === "") throw new Error(`${place}: say why behind no-check.`);
  return { use: word, reason, continues };
}

/** @param {string} text @param {number} index */
const lineAt = (text, index) => text.slice(0, index).split("\n").length;
