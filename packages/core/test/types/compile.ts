// Runs TypeScript 6 and 7 on small projects outside of the repository, with its compiler options.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));
export const compilers = ["typescript", "typescript7"] as const;
export type Compiler = (typeof compilers)[number];

/** An error in a file of the project. */
export interface Problem {
  /** Relative to the project. */
  readonly file: string;
  /** From 1, as the column. */
  readonly line: number;
  readonly column: number;
  /** With the code, and all lines that explain it. */
  readonly message: string;
}
export interface Compiled {
  readonly problems: readonly Problem[];
  /** What `--extendedDiagnostics` reports of types instantiated. */
  readonly instantiations: number;
}

/** A folder outside of the repository. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "snapfit-types-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Makes `folder/node_modules/<name>` a link to what the repository has of that name; without a name, all of `node_modules`. */
export function linkModules(folder: string, ...names: string[]): void {
  for (const name of names.length > 0 ? names : [""]) {
    const place = join(folder, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, "node_modules", name), place, "junction");
  }
}

/** Writes sources and a tsconfig.json with the project's options. `files` are compiled, all the sources unless said otherwise. */
export function writeProject(
  folder: string,
  sources: Readonly<Record<string, string>>,
  compilerOptions: object = { noEmit: true },
  files: readonly string[] = Object.keys(sources),
): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const common = { composite: false, declaration: false, declarationMap: false, emitDeclarationOnly: false };
  const config = { extends: join(root, "tsconfig.base.json"), files, compilerOptions: { ...common, ...compilerOptions } };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
}

/** Compiles the project in `folder`. Reports errors in its own files only: its dependencies have tests of their own. */
export function compile(compiler: Compiler, folder: string): Compiled {
  return compiler === "typescript" ? compileInProcess(folder) : compileByCommand(compiler, folder);
}

/** Files of dependencies, kept over projects: reading TensorFlow.js and the library takes longer than all checks. */
const dependencies = new Map<string, ts.SourceFile | undefined>();

function compileInProcess(folder: string): Compiled {
  const fail = ({ messageText }: ts.Diagnostic): never => {
    throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
  };
  const config = ts.getParsedCommandLineOfConfigFile(
    join(folder, "tsconfig.json"),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
  )!;
  for (const error of config.errors) fail(error);
  const host = ts.createCompilerHost(config.options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    if (name.startsWith(folder)) return read(name, ...rest);
    if (!dependencies.has(name)) dependencies.set(name, read(name, ...rest));
    return dependencies.get(name);
  };
  const program = ts.createProgram(config.fileNames, config.options, host);
  const diagnostics = config.fileNames.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
  if (config.options.noEmit !== true) diagnostics.push(...program.emit().diagnostics);
  const problems = diagnostics.flatMap(({ file, start, code, messageText }) => {
    if (!file?.fileName.startsWith(folder)) return [];
    const { line, character } = file.getLineAndCharacterOfPosition(start!);
    const message = `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    return [{ file: file.fileName.slice(folder.length + 1), line: line + 1, column: character + 1, message }];
  });
  return { problems, instantiations: program.getInstantiationCount() };
}

function compileByCommand(compiler: Compiler, folder: string): Compiled {
  const command = join(root, "node_modules", compiler, "bin/tsc");
  const { stdout } = spawnSync(process.execPath, [command, "-p", folder, "--pretty", "false", "--extendedDiagnostics"], {
    cwd: folder,
    encoding: "utf8",
  });
  const problems = [...stdout.matchAll(/^([^\s(]+)\((\d+),(\d+)\): error (TS\d+: .*(?:\n .*)*)/gm)].map((match): Problem => {
    const [, file, line, column, message] = match as unknown as string[];
    return { file: file!, line: Number(line), column: Number(column), message: message! };
  });
  const instantiations = Number(/^Instantiations:\s+(\d+)/m.exec(stdout)?.[1]);
  if (!(instantiations > 0)) throw new Error(`${compiler} did not report: ${stdout}`);
  return { problems: problems.filter(({ file }) => !file.startsWith("..")), instantiations };
}
