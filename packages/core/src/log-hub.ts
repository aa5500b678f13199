import * as tf from "@tensorflow/tfjs";
import { SnapfitError, isHostTensor, type HostTensor } from "@snapfit/base";
import { toHostTensor } from "./batch.js";
import { histogramOf, type LogRecord, type LogRow } from "./log-record.js";
import type { Session } from "./session.js";

/** A record without its row, or one that needs a read from the device first. */
export type QueuedRecord = WithoutRow<LogRecord>;
type WithoutRow<R> = R extends unknown ? Omit<R, keyof LogRow> : never;

/** Collects what is logged within steps, and hands it to the sinks at logging points. */
export class LogHub {
  readonly #session: Session;
  #queue: { key: string; step: number; epoch: number; fit: number; make: () => QueuedRecord | Promise<QueuedRecord>; release: () => void }[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  /** A scalar of the user's. Training values are means since the last record, weighted by the batch; those of a validation are means over it. */
  scalar(name: string, value: tf.Tensor | number): void {
    const { phase, pending, evaluation, recordMeans, stepWeight } = this.#session;
    const means = phase === "train" || phase === "idle" ? recordMeans : (evaluation?.logged ?? recordMeans);
    const kept = typeof value === "number" ? value : tf.keep(value.clone());
    pending.add({ name, value: kept, weight: stepWeight, into: [means] });
  }

  /** Queues a record; tensors in it are copied now and read at the next logging point. */
  later(key: string, make: () => QueuedRecord | Promise<QueuedRecord>, release: () => void = () => undefined): void {
    const { step, globalEpoch, fit } = this.#session.counters;
    this.#queue.push({ key, step, epoch: globalEpoch, fit, make, release });
  }

  histogram(name: string, values: tf.Tensor | HostTensor | ArrayLike<number>, numBins: number): void {
    const held = hold(values);
    this.later(name, async () => {
      const data = held.value instanceof tf.Tensor ? await held.value.data() : isHostTensor(held.value) ? held.value.data : held.value;
      return { kind: "histogram", ...histogramOf(data, numBins) };
    }, held.release);
  }

  image(name: string, image: tf.Tensor | HostTensor): void {
    if (image.shape.length !== 2 && image.shape.length !== 3) {
      throw new SnapfitError("SHAPE_MISMATCH", `logImage got shape [${image.shape.join(", ")}]. It takes [height, width] or [height, width, channels].`);
    }
    const held = hold(image);
    this.later(name, async () => ({ kind: "image", image: held.value instanceof tf.Tensor ? await toHostTensor(held.value) : held.value }), held.release);
  }

  /** A logging point: reads what waits on the device, writes the record of training values, then all that is queued. */
  async flush(): Promise<void> {
    const { pending, recordMeans, group, optimizers, clock } = this.#session;
    await pending.resolve();
    const values = named("train", await recordMeans.meansOver(group));
    recordMeans.reset();
    if (Object.keys(values).length > 0) {
      for (const { name, driver } of optimizers) {
        for (const { name: groupName, rate } of driver.rates(clock)) values[rateName(name, groupName)] = rate;
      }
      await this.emit("train", { kind: "scalars", values });
    }
    await this.flushQueue();
  }

  /** The record of an evaluation: its averages and metrics, and what `trainer.log` brought within it. */
  async evaluated(key: "valid" | "test", values: Readonly<Record<string, number>>, logged: Readonly<Record<string, number>>): Promise<void> {
    const own = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${key}/${name}`, value])); // metrics with parts have slashes too
    await this.emit(key, { kind: "scalars", values: { ...own, ...named(key, logged) } });
    await this.flushQueue();
  }

  async flushQueue(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    for (const { key, step, epoch, fit, make, release } of queue) {
      try {
        await this.#send({ ...(await make()), key, step, epoch, fit });
      } finally {
        release();
      }
    }
  }

  /** Sends a record of now. */
  async emit(key: string, record: QueuedRecord): Promise<void> {
    const { step, globalEpoch, fit } = this.#session.counters;
    await this.#send({ ...record, key, step, epoch: globalEpoch, fit });
  }

  dispose(): void {
    for (const { release } of this.#queue) release();
    this.#queue = [];
  }

  async #send(record: LogRecord): Promise<void> {
    const { trainer, sinks } = this.#session;
    const sent = await trainer.onLog(record);
    if (sent !== undefined) await sinks.write(sent);
  }
}

/** `train`, `valid`, `test` or `predict`: where the values of a phase stand in records. */
export function prefixOf(phase: string): string {
  return { validation: "valid", test: "test", prediction: "predict" }[phase] ?? "train";
}

/** Values under the prefix of their phase; names with a slash stand as they are. */
export function named(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.includes("/") ? name : `${prefix}/${name}`, value]));
}

function rateName(optimizer: string, group: string): string {
  return ["train/lr", ...(optimizer === "default" ? [] : [optimizer]), ...(group === "default" ? [] : [group])].join("_");
}

/** A value that outlives its step: tensors are cloned and kept, all else is taken as it is. */
function hold<T>(value: T): { value: T; release: () => void } {
  if (!(value instanceof tf.Tensor)) return { value, release: () => undefined };
  const kept = tf.keep(value.clone());
  return { value: kept as unknown as T, release: () => kept.dispose() };
}
