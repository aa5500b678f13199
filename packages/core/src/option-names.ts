import type { AnyAddOn } from "./add-on.js";

/** Options that subclasses and add-ons of a trainer class take, by walking its class chain. */
export function optionNamesOf(Class: object): string[] {
  const names: string[] = [];
  for (let at: object | null = Class; at !== null && at !== Function.prototype; at = Object.getPrototypeOf(at) as object | null) {
    const own = Object.getOwnPropertyDescriptor(at, "optionNames")?.value as readonly string[] | undefined;
    names.push(...(own ?? []));
  }
  const { addOns = [] } = Class as { addOns?: readonly AnyAddOn[] };
  for (const { name, optionNames } of addOns) names.push(...(optionNames ?? [camelCase(name)]));
  return names;
}

/** `StateManager` -> `stateManager` */
function camelCase(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
