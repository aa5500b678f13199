import { SnapfitError, type StateRecord } from "@snapfit/base";
import type { MetricSchedule, Optimizer, Schedule, ScheduleMoment } from "@snapfit/optim";

/** Where training stands, for schedules. */
export interface ScheduleClock {
  readonly step: number;
  readonly epochsDone: number;
  /** Undefined where the length of the fit is not known. */
  readonly totalSteps: number | undefined;
}

/** What a schedule is asked with. A class, since it is made in every step: a getter of an object literal costs a microsecond. */
class Moment implements ScheduleMoment {
  readonly step: number;
  readonly epoch: number;
  readonly #totalSteps: number | undefined;

  constructor({ step, epochsDone, totalSteps }: ScheduleClock) {
    this.step = step;
    this.epoch = epochsDone;
    this.#totalSteps = totalSteps;
  }

  get totalSteps(): number {
    if (this.#totalSteps !== undefined) return this.#totalSteps;
    throw new SnapfitError(
      "TOTAL_STEPS_UNKNOWN",
      "The schedule needs the number of steps in all, which is not known here: the loader has no length, or the fit ends by time. Give the schedule totalSteps, or fit() a limit of steps.",
    );
  }
}

/** One optimizer's schedule: gives the factor of a step, and the rates that people read. */
export class ScheduleDriver {
  readonly schedule: Schedule | MetricSchedule | undefined;
  readonly #optimizer: Optimizer;
  #printedFactor: number | undefined;

  constructor(optimizer: Optimizer, schedule: Schedule | MetricSchedule | undefined) {
    this.#optimizer = optimizer;
    this.schedule = schedule;
  }

  /** @throws SnapfitError `TOTAL_STEPS_UNKNOWN` if the schedule asks for a length that is not known. */
  factor(clock: ScheduleClock): number {
    if (this.schedule === undefined) return 1;
    if (this.schedule.unit === "metric") return this.schedule.factor;
    return this.schedule.at(new Moment(clock));
  }

  /** The momentum that the schedule drives; undefined leaves the optimizer's own. */
  momentum(clock: ScheduleClock): number | undefined {
    if (this.schedule === undefined || this.schedule.unit === "metric") return undefined;
    return this.schedule.momentumAt?.(new Moment(clock));
  }

  /** The rate of each group now. */
  rates(clock: ScheduleClock): { readonly name: string; readonly rate: number }[] {
    const factor = this.factor(clock);
    return this.#optimizer.groups.map(({ name, learningRate }) => ({ name, rate: learningRate * factor }));
  }

  /** Lines for rates that changed since the last call, once an epoch; schedules by step change too often to be printed. @param optimizerName where there are several */
  changedRates(clock: ScheduleClock, optimizerName?: string): string[] {
    if (this.schedule === undefined || this.schedule.unit === "step") return [];
    const factor = this.factor(clock);
    const before = this.#printedFactor ?? factor;
    this.#printedFactor = factor;
    const { groups } = this.#optimizer;
    return groups.flatMap(({ learningRate }, i) => {
      const [old, now] = [learningRate * before, learningRate * factor];
      if (Math.abs(now - old) <= 1e-8) return [];
      return [
        `Learning rate ${optimizerName === undefined ? "" : `of ${optimizerName} `}${groups.length > 1 ? `[group ${i + 1}] ` : ""}updated: ${old.toFixed(6)} → ${now.toFixed(6)}`,
      ];
    });
  }

  saveState(): StateRecord {
    const own = this.schedule?.unit === "metric" ? this.schedule.saveState() : {};
    return { own, printedFactor: this.#printedFactor ?? null };
  }

  loadState(state: StateRecord): void {
    this.#printedFactor = (state["printedFactor"] as number | null) ?? undefined;
    if (this.schedule?.unit === "metric") this.schedule.loadState(state["own"] as StateRecord);
  }
}
