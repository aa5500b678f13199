import type { Loader, Storage } from "@snapfit/base";
import type { AnyAddOn, TrainerOptions } from "@snapfit/core";
import type { ClassSamples } from "../seeded-samples.js";
import type { TinyTrainer } from "../tiny-trainers.js";

/** What an add-on is given for one rank of one run. */
export interface ContractWorld {
  readonly rank: number;
  /** Files in memory, shared by all ranks. The suite sees who writes. */
  readonly storage: Storage;
  /** Tells the suite of an effect outside of the process that it cannot see by itself: call it from a fake connection, with the words of a message. */
  note(effect: string): void;
}

/** Options of add-ons, as a trainer takes them (`{ ema: { decay: 0.9 } }`), or a function that makes them for each run. */
export type ContractOptions = Readonly<Record<string, unknown>> | ((world: ContractWorld) => Readonly<Record<string, unknown>>);

/** Another add-on, and its options. */
export interface Companion {
  readonly addOn: AnyAddOn;
  readonly options?: ContractOptions;
}

/** Loaders of a run, made anew for each. */
export interface ContractData {
  readonly train: Loader<ClassSamples>;
  readonly validation: Loader<ClassSamples>;
}

/** A trainer class that add-ons under test are added to. */
export type ContractHost = new (options: TrainerOptions) => TinyTrainer;

/** What the contract suite has to know of an add-on. */
export interface ContractSettings<T = TinyTrainer> {
  readonly options?: ContractOptions;
  /** Add-ons that this one requires. */
  readonly needs?: readonly Companion[];
  /** Other add-ons that it may stand beside: it is tried with each of them and with all together, in all orders. */
  readonly with?: readonly Companion[];
  /** Whether the training, or only the values of validations, may differ from a run without it. @default false */
  readonly changesLoss?: boolean | "validation";
  /** What else to do with the trainer after it has been fitted, so that every method of the add-on is reached. */
  readonly scenario?: (trainer: T, data: ContractData) => Promise<void>;
  /** A trainer with what the add-on asks of its host. @default TinyTrainer */
  readonly host?: ContractHost;
  /** Whether it shares loaders and sums gradients over ranks itself, so that TestRanks stays away. @default false */
  readonly sumsOverRanks?: boolean;
}

/** One property that every add-on has. `run` rejects with a sentence that names the fault. */
export interface ContractCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}
