import type * as nodeModules from "node:module";
import type * as workerThreads from "node:worker_threads";

/** Modules of Node that threads need. */
interface NodeModules {
  readonly "node:module": typeof nodeModules;
  readonly "node:worker_threads": typeof workerThreads;
}

type Host = { readonly process?: { getBuiltinModule?<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined } };

/** Whether this is Node: its modules are asked for when they are needed, so that browsers can load this package. */
export function isNode(): boolean {
  return typeof (globalThis as Host).process?.getBuiltinModule === "function";
}

export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  return (globalThis as Host).process!.getBuiltinModule!(name)!;
}
