import type { RandomStream } from "@snapfit/base";

/** From low to high. */
export type Range = readonly [low: number, high: number];

/** A number between low and high, each as likely. */
export function uniformIn([low, high]: Range, random: RandomStream): number {
  return low + (high - low) * random.uniform();
}
