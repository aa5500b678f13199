/**
 * The imports that a short `@example` may leave out: exports of its own package that it names and does not declare, and `tf`.
 * @param {string} code
 * @param {ReadonlyMap<string, readonly string[]>} exportsOf names by specifier, such as `@snapfit/optim`
 * @returns {string} on one line, so that the lines of the code keep their numbers
 */
export function impliedImports(code, exportsOf) {
  const taken = new Set();
  const imports = [...exportsOf].flatMap(([specifier, names]) => {
    const used = names.filter((name) => !taken.has(name) && isFree(name, code));
    for (const name of used) taken.add(name);
    return used.length > 0 ? [`import { ${used.join(", ")} } from "${specifier}";`] : [];
  });
  if (/\btf\./.test(code) && isFree("tf", code)) imports.push('import * as tf from "@tensorflow/tfjs";');
  return imports.join(" ");
}

/** Used, and neither imported nor declared in the code. @param {string} name @param {string} code */
function isFree(name, code) {
  const isUsed = new RegExp(`(?<![.\\w$])${name}\\b`).test(code);
  const isImported = new RegExp(`^import\\b[^;]*\\b${name}\\b`, "m").test(code);
  const isDeclared = new RegExp(`\\b(const|let|var|function|class)\\s+(\\{[^}]*\\b)?${name}\\b`).test(code);
  return isUsed && !isImported && !isDeclared;
}
