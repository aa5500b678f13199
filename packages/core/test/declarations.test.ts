// Packages that see each other only through the declarations that the compiler emitted: the core, an add-on of somebody else's, and its user.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, compilers, linkModules, root, temporaryFolder, writeProject, type Problem } from "./types/compile.js";

/** An add-on in a package of its own. */
const noise = `
import { defineAddOn, type AddOnBase, type Adds, type StepResult, type TrainerOptions } from "@snapfit/core";

export interface NoiseOptions {
  readonly noise: {
    /** Largest change of the value. */
    readonly amplitude: number;
  };
}
export interface NoiseMembers {
  readonly noise: { readonly draws: number };
}

/** Adds a scalar to each step. */
export const Noise = defineAddOn({
  name: "Noise",
  rules: { after: ["Timer"], conflicts: ["Swa"] },
  apply(Base: AddOnBase<NoiseOptions>): Adds<NoiseMembers> {
    abstract class NoiseTrainer extends Base implements NoiseMembers {
      readonly #amplitude: number;
      readonly noise = { draws: 0 };
      constructor(options: TrainerOptions & NoiseOptions) {
        super(options);
        this.#amplitude = options.noise.amplitude;
      }
      protected override computeLoss(batch: unknown, index: number): StepResult {
        this.noise.draws += 1;
        return { ...super.computeLoss(batch, index), noise: this.#amplitude };
      }
    }
    return NoiseTrainer;
  },
});
`;

/** Its user, who publishes a preset and a trainer. A marked line is an error whose message holds the text behind the mark. */
const consumer = `
import { Noise } from "acme-noise";
import { Noise as StrayNoise } from "stray-noise";
import { Ema, Standard, StateManager, Swa, Timer } from "acme-parts";
import { hostTensor } from "@snapfit/base";
import { hasAddOn, Trainer, type StepResult } from "@snapfit/core";
import type * as tf from "@tensorflow/tfjs";

export const Noisy = Standard.addOn(Noise);
export type Noisy<Batch = unknown> = InstanceType<typeof Noisy<Batch>>;

export class Sums extends Noisy<tf.Tensor1D> {
  protected override trainingStep(batch: tf.Tensor1D): StepResult {
    return { sum: batch.sum() };
  }
}

const silent = (): void => {};
const options = {
  model: { parameters: () => new Map<string, tf.Variable>() }, device: "cpu", seed: 1, signals: false,
  logger: { debug: silent, info: silent, warning: silent, error: silent },
  ema: { decay: 0.5 }, stateManager: { store: new Map() },
};
const trainer = new Sums({ ...options, noise: { amplitude: 2 } });
await trainer.fit({ train: [hostTensor(Float32Array.of(1, 1), [2]), hostTensor(Float32Array.of(4), [1])], epochs: 1 });
const draws: number = trainer.noise.draws;
const average: number = trainer.ema.size;
const plain: Trainer = trainer;
console.log(Noisy.name, draws, average, hasAddOn(plain, Noise) && plain.noise.draws, trainer.history.train);

export function rejected(): void {
  // @ts-expect-error Type 'string' is not assignable to type 'number'
  new Sums({ ...options, noise: { amplitude: "0" } });
  // @ts-expect-error '"Noise is already added"'
  Noisy.addOn(Noise);
  // @ts-expect-error '"Swa cannot be combined with Noise"'
  Trainer.addOn(Noise, Swa);
  // @ts-expect-error '"Noise is built on another copy of the core package"'
  Trainer.addOn(StrayNoise);
  // @ts-expect-error '"Ema needs StateManager"'
  Trainer.addOn(Noise, Ema);
  // @ts-expect-error Property 'noise' does not exist
  void ({} as InstanceType<ReturnType<typeof timed>>).noise;
  // @ts-expect-error "Steps are synchronous: they run inside one tidy and tape. Return the result itself, no promise."
  void class extends Noisy<tf.Tensor1D> { protected override async trainingStep() { return {}; } };
  // @ts-expect-error Type 'HostTensor<2, "float32">' is not assignable to type
  void trainer.fit({ train: [hostTensor(new Float32Array(1), [1, 1])], epochs: 1 });
}
const timed = () => Trainer.addOn(StateManager, Timer)<string>;
`;

/** A user of that user. */
const user = `
import { Noisy, Sums } from "./consumer/index.js";
export class Own extends Noisy<string> {
  protected override trainingStep(batch: string) {
    return { length: batch.length, size: this.ema.size };
  }
}
export const draws = (sums: Sums): number => sums.noise.draws + sums.elapsedMs();
export const sizes: { readonly amplitude: number } = {} as ConstructorParameters<typeof Sums>[0]["noise"];
// @ts-expect-error
export const wrong: string = {} as Sums["noise"]["draws"];
`;

/** Twenty add-ons with rules, options and members, and a trainer with all of them. */
function twentyAddOns(add: (names: readonly string[]) => string): string {
  const names = Array.from({ length: 20 }, (_, i) => `Part${String.fromCharCode(65 + i)}`);
  const optionOf = (name: string): string => `p${name.slice(1)}`;
  const rulesOf = (i: number): string =>
    [i > 0 && `requires: ["${names[i - 1]}"]`, i > 2 && `after: ["${names[i - 2]}", "${names[i - 3]}"]`, `conflicts: ["Other${i}"]`]
      .filter(Boolean)
      .join(", ");
  return [
    'import { defineAddOn, Trainer, type AddOnBase, type Adds, type StepResult } from "@snapfit/core";',
    ...names.map(
      (name, i) => `
interface ${name}Options { readonly ${optionOf(name)}: { readonly size: number; readonly label?: string } }
interface ${name}Members { readonly ${optionOf(name)}: { readonly total: number; reset(): void } }
export const ${name} = defineAddOn({
  name: "${name}",
  rules: { ${rulesOf(i)} },
  apply(Base: AddOnBase<${name}Options>): Adds<${name}Members> { return Base as never; },
});`,
    ),
    `export class All extends ${add(names)}<string> {`,
    "  protected override trainingStep(): StepResult { return { total: this.partT.total }; }",
    "}",
    `export const total: number = new All({ model: { parameters: () => new Map() }, ${names.map((name) => `${optionOf(name)}: { size: 1 }`).join(", ")} }).partA.total;`,
    "// @ts-expect-error",
    `All.addOn(PartC);`,
  ].join("\n");
}

describe.each(compilers)("%s", (compiler) => {
  const folder = temporaryFolder();
  const home = folder.path;
  const modules = join(home, "node_modules");
  afterAll(() => folder.remove());

  /** Compiles a module into a package that holds .js and .d.ts files only. It sees the packages around `work`. */
  const build = (source: string, target: string, work = join(home, "work", target)): readonly Problem[] => {
    writeProject(work, { "index.ts": source }, { declaration: true, rootDir: ".", outDir: join(home, target) });
    const { problems } = compile(compiler, work);
    describePackage(join(home, target), "./index.js");
    return problems;
  };
  const describePackage = (place: string, entry: string): void =>
    writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module", exports: entry }));

  beforeAll(() => {
    linkModules(home, "@tensorflow", "@types");
    const packages = join(root, "packages");
    const places = { rootDir: packages, outDir: join(modules, "@snapfit"), paths: { "@snapfit/*": [join(packages, "*/src/index.ts")] } };
    writeProject(join(home, "work/core"), {}, { ...places, declaration: true, noCheck: true }, [join(packages, "core/src/index.ts")]);
    compile(compiler, join(home, "work/core"));
    for (const name of readdirSync(join(modules, "@snapfit"))) describePackage(join(modules, "@snapfit", name), "./src/index.js");
    expect(build(readFileSync(join(root, "packages/core/test/types/add-ons.ts"), "utf8"), "node_modules/acme-parts")).toEqual([]);
    expect(build(noise, "node_modules/acme-noise")).toEqual([]);
    // A package that sees a copy of the core of its own.
    for (const place of ["stray", "node_modules/stray-noise"]) {
      cpSync(join(modules, "@snapfit/core"), join(home, place, "node_modules/@snapfit/core"), { recursive: true });
    }
    expect(build(noise, "node_modules/stray-noise", join(home, "stray"))).toEqual([]);
  }, 120_000);

  test("the core's declarations compile by themselves", () => {
    const files = readdirSync(join(modules, "@snapfit/core/src"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".d.ts"),
    );
    expect(files).toContain("add-on-types.d.ts");
    const place = join(modules, "@snapfit/core/src");
    writeProject(place, {}, { noEmit: true, skipLibCheck: false }, files);
    expect(compile(compiler, place).problems).toEqual([]);
    rmSync(join(place, "package.json"));
  });

  test("an add-on's declarations name its parts and hide its class", () => {
    const declarations = readFileSync(join(modules, "acme-noise/index.d.ts"), "utf8");
    expect(declarations).toMatch(/Noise: import\("@snapfit\/core"\)\.AddOn<"Noise", NoiseOptions, NoiseMembers, \{/);
    expect(declarations).not.toContain("NoiseTrainer");
  });

  test("the user's package compiles and is refused where it should be", () => {
    expect(build(consumer, "consumer")).toEqual([]);
    writeProject(join(home, "work/bare"), { "index.ts": consumer.replaceAll("@ts-expect-error", "expected") });
    const { problems } = compile(compiler, join(home, "work/bare"));
    const texts = [...consumer.matchAll(/@ts-expect-error (.+)/g)].map(([, text]) => text!);
    expect(problems).toHaveLength(texts.length);
    for (const [i, text] of texts.entries()) expect(problems[i]!.message).toContain(text);
  });

  test("the user's package runs", () => {
    const output = execFileSync(process.execPath, [join(home, "consumer/index.js")], { encoding: "utf8" });
    const lines = output.trim().split("\n");
    expect(lines.at(-1)).toBe("Trainer+StateManager+Ema+Timer+Noise 2 1.5 2 { sum: [ 2.6666666666666665 ], noise: [ 2 ] }");
  });

  test("the user's declarations keep all types for whoever comes next", () => {
    writeProject(home, { "user.ts": user });
    expect(compile(compiler, home).problems).toEqual([]);
  });

  test.each([
    ["one call", (names: readonly string[]) => `Trainer.addOn(${names.toReversed().join(", ")})`],
    ["twenty calls", (names: readonly string[]) => `Trainer${names.map((name) => `.addOn(${name})`).join("")}`],
  ])("twenty add-ons in %s take at most 60,000 instantiations", (calls, add) => {
    const place = join(home, "work", calls);
    writeProject(place, { "index.ts": twentyAddOns(add) });
    const { problems, instantiations } = compile(compiler, place);
    expect(problems).toEqual([]);
    expect(instantiations).toBeLessThan(60_000);
  });
});
