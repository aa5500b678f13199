/** Why the engine does not run here. */
export type NativeProblemCode =
  | "NO_BUILD"
  | "LIBRARY_MISSING"
  | "PROCESSOR_TOO_OLD"
  | "SYSTEM_TOO_OLD"
  | "NODE_TOO_OLD"
  | "FILE_DAMAGED"
  | "TENSORFLOW_TWICE"
  | "SELF_CHECK_FAILED"
  | "LOAD_FAILED";

export interface NativeProblem {
  readonly code: NativeProblemCode;
  /** What happened and what to do, in a sentence or two. */
  readonly message: string;
}

const reinstall = "Install the packages again: npm i @snapfit/native";

/** Each way in which Node.js and the system's loader refuse an addon, by the words they use. */
const refusals: readonly { readonly pattern: RegExp; readonly code: NativeProblemCode; say(detail: string): string }[] = [
  {
    pattern: /(\S+?): cannot open shared object file/,
    code: "LIBRARY_MISSING",
    say: (library) => `The shared library ${library} is missing. ${reinstall}, or install the library.`,
  },
  {
    pattern: /version [`'](GLIBC\w*_[\d.]+)' not found/,
    code: "SYSTEM_TOO_OLD",
    say: (version) => `The C library of this system is too old: ${version} is wanted. glibc 2.28 or newer is needed (Debian 10, RHEL 8).`,
  },
  {
    pattern: /undefined symbol: (napi_\w+)/,
    code: "NODE_TOO_OLD",
    say: (name) => `Node.js ${process.versions.node} lacks ${name}. Node.js 20.19 or newer is needed.`,
  },
  {
    pattern: /(invalid ELF header|file too short|wrong ELF class|did not self-register|ELF file|undefined symbol: \w+)/,
    code: "FILE_DAMAGED",
    say: (detail) => `The file of the engine is damaged or for another system (${detail}). ${reinstall}.`,
  },
];

/** Tells apart what a failed load of the file may mean. */
export function refusalOf(error: unknown, file: string): NativeProblem {
  const text = error instanceof Error ? error.message : String(error);
  for (const { pattern, code, say } of refusals) {
    const detail = pattern.exec(text)?.[1];
    // The loader puts the path in front of what it says.
    if (detail !== undefined) return { code, message: say(detail.slice(detail.lastIndexOf("/") + 1)) };
  }
  return { code: "LOAD_FAILED", message: `${file} does not load: ${text}` };
}
