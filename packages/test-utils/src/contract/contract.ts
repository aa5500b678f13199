import type { AnyAddOn } from "@snapfit/core";
import { contractClass, type ContractClass } from "./contract-class.js";
import { runContract, type Outcome, type RunSettings } from "./run.js";
import type { Companion, ContractSettings } from "./settings.js";

/** An add-on under test, and what its checks share: runs that several of them compare with. */
export class Contract {
  readonly addOn: AnyAddOn;
  readonly settings: ContractSettings<never>;
  /** The add-on and those that it needs. */
  readonly self: readonly Companion[];
  #alone: Promise<Outcome> | undefined;
  #without: Promise<Outcome> | undefined;

  constructor(addOn: AnyAddOn, settings: ContractSettings<never>) {
    this.addOn = addOn;
    this.settings = settings;
    this.self = [{ addOn, ...(settings.options !== undefined && { options: settings.options }) }, ...this.needs];
  }

  get name(): string {
    return this.addOn.name;
  }

  get needs(): readonly Companion[] {
    return this.settings.needs ?? [];
  }

  /** Whether it may stand beside a companion. */
  allows({ addOn }: Companion): boolean {
    return this.addOn.rules?.conflicts?.includes(addOn.name) !== true && addOn.rules?.conflicts?.includes(this.name) !== true;
  }

  /** The class with these add-ons. */
  classOf(companions: readonly Companion[], ...further: readonly AnyAddOn[]): ContractClass {
    return contractClass(this.settings, [...companions.map(({ addOn }) => addOn), ...further]);
  }

  /** Runs the scenario with the add-on; what goes wrong in it is the add-on's fault. */
  async run(settings: Partial<RunSettings> = {}, when = ""): Promise<Outcome> {
    try {
      return await runContract({
        Class: this.classOf(this.self).Class,
        companions: this.self,
        scenario: this.settings.scenario,
        ...settings,
      });
    } catch (cause) {
      throw this.fault(`fails${when}: ${messageOf(cause)}`, cause);
    }
  }

  /** The run with the add-on, once for all checks. */
  alone(): Promise<Outcome> {
    return (this.#alone ??= this.run());
  }

  /** The same run without it, but with those that it needs. */
  without(): Promise<Outcome> {
    return (this.#without ??= runContract({ Class: this.classOf(this.needs).Class, companions: this.needs }));
  }

  /** The error of a check: a sentence that begins with the add-on's name. */
  fault(sentence: string, cause?: unknown): Error {
    return new Error(`${this.name} ${sentence}`, cause === undefined ? undefined : { cause });
  }
}

/** What an error says; all of it if there are several. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(" ");
  return error instanceof Error ? error.message : String(error);
}
