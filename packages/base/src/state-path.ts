/** The path of an entry below `path`: `optimizer.slots["layers.0.kernel"][3]`. The root's own path is "". */
export function statePath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** A path as messages show it. */
export function shownPath(path: string): string {
  return path === "" ? "the root" : path;
}
