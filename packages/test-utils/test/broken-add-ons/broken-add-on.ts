import type { AnyAddOn } from "@snapfit/core";
import type { ContractSettings } from "../../src/index.js";

/** An add-on with one fault, and how the contract suite says it. */
export interface BrokenAddOn {
  readonly addOn: AnyAddOn;
  readonly settings?: ContractSettings;
  /** Name of the check that fails. */
  readonly check: string;
  /** What its sentence says behind the add-on's name. */
  readonly sentence: string | RegExp;
}
