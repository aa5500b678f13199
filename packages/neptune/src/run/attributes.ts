import type { StateTree } from "@snapfit/base";
import { pathOf, type Operation } from "../log/operation.js";

const MAX_STRING = 16_384;

/** Options as attributes, one for each leaf: `{ a: { b: 1 } }` is `<prefix>/a/b`. Lists are JSON. What is not finite is text: the format has no such numbers. Integers have 32 bits in it. */
export function parameterAttributes(prefix: string, values: Readonly<Record<string, StateTree>>): Operation[] {
  return leavesOf(prefix, values).map(([name, value]) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return attribute(name, value);
    return { type: (value | 0) === value ? "AssignInt" : "AssignFloat", path: pathOf(name), value };
  });
}

/** What was measured as attributes: numbers are floats even where they are whole, since a server keeps the type that it has seen first. @param onDrop told of numbers that are left out */
export function measuredAttributes(
  prefix: string,
  values: Readonly<Record<string, StateTree>>,
  onDrop: (name: string, value: number) => void,
): Operation[] {
  return leavesOf(prefix, values).flatMap(([name, value]) => {
    if (typeof value !== "number") return [attribute(name, value)];
    if (Number.isFinite(value)) return [{ type: "AssignFloat", path: pathOf(name), value }];
    onDrop(name, value);
    return [];
  });
}

/** A text, or what can be written as one. */
export function attribute(name: string, value: StateTree): Operation {
  const path = pathOf(name);
  if (typeof value === "boolean") return { type: "AssignBool", path, value };
  return { type: "AssignString", path, value: cutText(textOf(value), MAX_STRING) };
}

/** At most so many UTF-16 units; what is cut ends in "…". */
export function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function leavesOf(prefix: string, values: Readonly<Record<string, StateTree>>): [name: string, value: StateTree][] {
  return Object.entries(values).flatMap(([name, value]): [string, StateTree][] =>
    isGroup(value) ? leavesOf(`${prefix}/${name}`, value) : [[`${prefix}/${name}`, value]],
  );
}

function isGroup(value: StateTree): value is Readonly<Record<string, StateTree>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length > 0;
}

function textOf(value: StateTree): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
