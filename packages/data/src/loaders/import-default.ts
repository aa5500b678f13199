import { shown, SnapfitError } from "@snapfit/base";

/**
 * The function that a module exports by default.
 * @param role whose it is: `transform`, `decoder`
 * @throws SnapfitError `LOADER_MODULE`
 */
export async function importDefault<Exported>(module: string, role: string): Promise<Exported> {
  const { default: exported } = await (
    import(/* @vite-ignore */ /* webpackIgnore: true */ module) as Promise<{ readonly default?: unknown }>
  ).catch((cause: unknown) => {
    throw moduleFault(module, role, `cannot be loaded: ${String(cause)}`, cause);
  });
  if (typeof exported === "function") return exported as Exported;
  throw moduleFault(module, role, exported === undefined ? "has no default export" : `exports ${shown(exported)} by default`);
}

/** What is wrong with the module of a transform or a decoder. */
export function moduleFault(module: string, role: string, what: string, cause?: unknown): SnapfitError<"LOADER_MODULE"> {
  return new SnapfitError(
    "LOADER_MODULE",
    `The module ${module} of the ${role} ${what}. Its default export is the function that makes samples. Check the URL, best new URL("./${role}.js", import.meta.url), and the module.`,
    cause === undefined ? undefined : { cause },
  );
}
