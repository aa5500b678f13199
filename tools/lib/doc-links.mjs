/**
 * The links of a Markdown text that point into the repository, without those in code.
 * @param {string} text
 * @returns {{ target: string, line: number }[]}
 */
export function relativeLinks(text) {
  const prose = text.replace(/^[ >]*```[^]*?^[ >]*```|`[^`\n]*`/gm, (code) => code.replace(/[^\n]/g, " "));
  const links = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm)];
  return links
    .map((match) => ({ target: match[1] ?? match[2] ?? "", line: prose.slice(0, match.index).split("\n").length }))
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/**
 * The names by which a Markdown text's headings can be linked, as on GitHub.
 * @param {string} text
 */
export function headingAnchors(text) {
  const prose = text.replace(/^```[^]*?^```/gm, "");
  const anchors = new Set();
  for (const [, title = ""] of prose.matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    let name = anchor;
    for (let copy = 1; anchors.has(name); copy++) name = `${anchor}-${copy}`;
    anchors.add(name);
  }
  return anchors;
}
