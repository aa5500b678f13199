import { expect } from "vitest";
import { matchers, type SnapfitMatchers } from "../src/index.js";

expect.extend(matchers);

declare module "vitest" {
  // The type parameter must bear the name that Vitest gives it.
  interface Matchers<T> extends SnapfitMatchers<T> {}
}
