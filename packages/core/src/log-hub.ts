import { hostValues } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { SnapfitError, isHostTensor, type HostTensor, type StateTree } from "@snapfit/base";
import { toHostTensor } from "./batch.js";
import { histogramOf, type LogRecord, type LogRow } from "./log-record.js";
import type { Session } from "./session.js";

/** A record without its row, or one that needs a read from the device first. */
export type QueuedRecord = WithoutRow<LogRecord>;
type WithoutRow<R> = R extends unknown ? Omit<R, keyof LogRow> : never;

/** A record that waits for a logging point. */
export interface WaitingRecord extends LogRow {
  /** The tensor that is read then. */
  held: tf.Tensor | undefined;
  make(): QueuedRecord | Promise<QueuedRecord>;
}

/** Collects what is logged within steps, and hands it to the sinks at logging points. */
export class LogHub {
  readonly #session: Session;
  #queue: WaitingRecord[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * A scalar of the user's. Within steps: means since the last record, weighted by the batch; within a validation: means over it;
   * between epochs and outside of fits: a record of its own.
   */
  scalar(name: string, value: tf.Tensor | number): void {
    const { isStepping, pending, pass, evaluation, recordMeans, stepWeight } = this.#session;
    if (typeof value !== "number" && value.size !== 1)
      throw new SnapfitError(
        "SHAPE_MISMATCH",
        `log("${name}") got shape [${value.shape.join(", ")}]. It takes a number or a scalar tensor. Take a mean, or use logHistogram().`,
      );
    const number = typeof value === "number" ? value : hostValues(value)?.[0];
    const kept = number ?? tf.keep((value as tf.Tensor).clone());
    const means = evaluation?.logged ?? (isStepping ? recordMeans : undefined);
    if (means === undefined) {
      const read = async (): Promise<number> => (typeof kept === "number" ? kept : (await kept.data())[0]!);
      return this.later(
        name,
        async () => ({ kind: "scalars", values: named("train", { [name]: await read() }) }),
        typeof kept === "number" ? undefined : kept,
      );
    }
    const scalar = { name, value: kept, weight: stepWeight, into: [means] };
    if (!pass.isOpen) return pending.add(scalar);
    if (typeof scalar.value !== "number") this.#session.ownOne(scalar.value);
    pass.scalars.push(scalar);
  }

  /** Queues a record; tensors in it are copied now and read at the next logging point. */
  later(key: string, make: () => QueuedRecord | Promise<QueuedRecord>, held?: tf.Tensor): void {
    const {
      counters: { step, globalEpoch, fit },
      pass,
      isPassingOver,
    } = this.#session;
    if (isPassingOver) return held?.dispose();
    const record = { key, step, epoch: globalEpoch, fit, make, held };
    if (!pass.isOpen) return void this.#queue.push(record);
    if (held !== undefined) this.#session.ownOne(held);
    pass.records.push(record);
  }

  /** Takes over what was logged in a step. */
  commit(records: readonly WaitingRecord[]): void {
    for (const { held } of records) if (held !== undefined) this.#session.disown(held);
    this.#queue.push(...records);
  }

  histogram(name: string, values: tf.Tensor | HostTensor | ArrayLike<number>, numBins: number): void {
    const held = values instanceof tf.Tensor ? tf.keep(values.clone()) : undefined;
    this.later(
      name,
      async () => {
        const data = values instanceof tf.Tensor ? await held!.data() : isHostTensor(values) ? values.data : values;
        return { kind: "histogram", ...histogramOf(data, numBins) };
      },
      held,
    );
  }

  image(name: string, image: tf.Tensor | HostTensor): void {
    if (image.shape.length !== 2 && image.shape.length !== 3) {
      throw new SnapfitError(
        "SHAPE_MISMATCH",
        `logImage got shape [${image.shape.join(", ")}]. It takes [height, width] or [height, width, channels].`,
      );
    }
    const held = image instanceof tf.Tensor ? tf.keep(image.clone()) : undefined;
    this.later(name, async () => ({ kind: "image", image: image instanceof tf.Tensor ? await toHostTensor(held!) : image }), held);
  }

  /** A logging point: reads what waits on the device, writes all that is queued, which is of the steps before, then the record of training values. */
  async flush(): Promise<void> {
    const { pending, recordMeans, group, optimizers, clock } = this.#session;
    await pending.resolve();
    await this.flushQueue();
    const values = named("train", await recordMeans.meansOver(group));
    recordMeans.reset();
    if (Object.keys(values).length > 0) {
      for (const { name, driver } of optimizers) {
        for (const { name: groupName, rate } of driver.rates(clock)) values[rateName(name, groupName)] = rate;
      }
      await this.emit("train", { kind: "scalars", values });
    }
  }

  /** The record of an evaluation, after what was queued before: its averages and metrics, and what `trainer.log` brought within it. */
  async evaluated(
    key: "valid" | "test",
    values: Readonly<Record<string, number>>,
    logged: Readonly<Record<string, number>>,
  ): Promise<void> {
    if (this.#session.isPassingOver) return;
    await this.flushQueue();
    const own = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${key}/${name}`, value])); // metrics with parts have slashes too
    await this.emit(key, { kind: "scalars", values: { ...own, ...named(key, logged) } });
  }

  async flushQueue(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    try {
      for (const { key, step, epoch, fit, make, held } of queue) {
        const record = await make();
        held?.dispose();
        await this.#send({ ...record, key, step, epoch, fit });
      }
    } finally {
      for (const { held } of queue) held?.dispose();
    }
  }

  /** Sends a record of now. */
  async emit(key: string, record: QueuedRecord): Promise<void> {
    const { step, globalEpoch, fit } = this.#session.counters;
    await this.#send({ ...record, key, step, epoch: globalEpoch, fit });
  }

  /** Writes what was queued since the last fit. */
  async close(): Promise<void> {
    await this.flushQueue();
    await this.#session.sinks.flush();
  }

  /** What is queued, read from the device and still queued: a state holds it, since its records are not written yet. */
  async saveState(): Promise<StateTree[]> {
    return Promise.all(
      this.#queue.map(async (waiting) => {
        const { key, step, epoch, fit, held } = waiting;
        const record = await waiting.make();
        held?.dispose();
        waiting.held = undefined;
        waiting.make = () => record;
        return { ...record, key, step, epoch, fit } as unknown as StateTree;
      }),
    );
  }

  loadState(records: readonly StateTree[]): void {
    this.dispose();
    this.#queue = (records as unknown as readonly LogRecord[]).map((record) => {
      const { key, step, epoch, fit, ...rest } = record;
      return { key, step, epoch, fit, held: undefined, make: () => rest as QueuedRecord };
    });
  }

  dispose(): void {
    for (const { held } of this.#queue) held?.dispose();
    this.#queue = [];
  }

  async #send(record: LogRecord): Promise<void> {
    const { trainer, sinks } = this.#session;
    const sent = await trainer.onLog(record);
    if (sent !== undefined) await sinks.write(sent);
  }
}

/** Values under the prefix of their phase; names with a slash stand as they are. */
function named(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.includes("/") ? name : `${prefix}/${name}`, value]));
}

function rateName(optimizer: string, group: string): string {
  return ["train/lr", ...(optimizer === "default" ? [] : [optimizer]), ...(group === "default" ? [] : [group])].join("_");
}
