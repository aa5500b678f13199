import { RandomStream } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds, type AnyAddOn } from "@snapfit/core";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { onRanks } from "../on-ranks.js";
import { TestRanks } from "../test-ranks.js";
import type { Conformance } from "./conformance.js";
import { resumable, runProcess, withWorlds, type World } from "./logger-run.js";

/** A logger whose sink throws at every call. */
const AlwaysThrows = defineAddOn({
  name: "AlwaysThrows",
  apply(Base: AddOnBase): Adds {
    abstract class AlwaysThrowsTrainer extends Base {
      protected override async setup(): Promise<void> {
        await super.setup();
        const fail = (): never => {
          throw new Error("no");
        };
        this.addLogSink({ name: "AlwaysThrows", open: fail, write: fail, flush: fail });
      }
    }
    return AlwaysThrowsTrainer;
  },
});

/** Beside other loggers and a sink that throws, in several orders, killed in the middle and started again: each has every row once. */
export async function checkCompany(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  const loggers = [conformance.self, ...(conformance.settings.with ?? [])];
  let numOrders = 0;
  for (const order of ordersOf(resumable(loggers), conformance.settings.numOrders ?? 6)) {
    const addOns = order.toSpliced(numOrders++ % (order.length + 1), 0, AlwaysThrows);
    const when = ` with addOn(${addOns.map(({ name }) => name).join(", ")})`;
    await withWorlds(async ({ empty, copy }) => {
      const world = empty();
      let killed: World | undefined;
      const onRecord = async (_: unknown, numRecords: number): Promise<void> => {
        if (numRecords === Math.floor(records.length / 2)) killed = await copy(world);
      };
      await conformance.run({ world, addOns, loggers, onRecord }, when);
      await conformance.expectRecords(world, records, when, loggers);
      await conformance.run({ world: killed!, addOns, loggers }, `${when}, after a kill`);
      await conformance.expectRecords(killed!, records, `${when}, after a kill`, loggers);
    });
  }
}

/** Beside a sink that throws, before it and after it. */
export async function checkBesideThrower(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  const addOns = resumable([conformance.self]);
  for (const order of [
    [AlwaysThrows, ...addOns],
    [...addOns, AlwaysThrows],
  ]) {
    await withWorlds(async ({ empty }) => {
      const world = empty();
      await conformance.run({ world, addOns: order }, " beside a sink that throws");
      await conformance.expectRecords(world, records, " beside a sink that throws");
    });
  }
}

/** Where its files cannot be made, training goes on as if it were not there, and one line says so. */
export async function checkNoDisk(conformance: Conformance): Promise<void> {
  const { records } = await conformance.whole();
  await withWorlds(async ({ empty }) => {
    const world = empty();
    mkdirSync(dirname(world.folder), { recursive: true });
    writeFileSync(world.folder, "a file where the output folder should be");
    const loggers = [conformance.self];
    const outcome = await runProcess({ addOns: resumable(loggers), loggers, world }).catch((cause: Error) => {
      throw conformance.fault(
        `ends the run when its files cannot be made: ${cause.message}. Open them in open(run) of the sink, which the core calls in isolation.`,
        cause,
      );
    });
    if (outcome.records.length !== records.length) throw conformance.fault("changes the run when its files cannot be made.");
    if (outcome.complaints.length !== 1)
      throw conformance.fault(
        `says ${outcome.complaints.length} sentences when its files cannot be made, instead of one: ${outcome.complaints.join(" ")}`,
      );
  });
}

/** On two ranks the rows are written by one. */
export async function checkRanks(conformance: Conformance): Promise<void> {
  await withWorlds(async ({ empty }) => {
    const world = empty();
    const loggers = [conformance.self];
    const addOns = [TestRanks as AnyAddOn, ...resumable(loggers)];
    const [first] = await onRanks(2, (group) => conformance.run({ world, group, addOns }, " on two ranks"));
    await conformance.expectRecords(world, first!.records, " on two ranks");
  });
}

/** The given order, its reverse, and others drawn from a seed; each once. */
function* ordersOf<T>(items: readonly T[], numOrders: number): Generator<T[]> {
  const numAll = items.reduce((product, _, i) => product * (i + 1), 1);
  const random = RandomStream.fromSeed(0, "ordersOf");
  const seen = new Set<string>();
  const places = [...items.keys()];
  for (
    let next = places;
    seen.size < Math.min(numOrders, numAll);
    next = seen.size === 1 ? places.toReversed() : [...random.permutation(items.length)]
  ) {
    if (seen.has(next.join())) continue;
    seen.add(next.join());
    yield next.map((place) => items[place]!);
  }
}
