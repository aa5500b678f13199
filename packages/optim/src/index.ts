export type { GroupRate, Optimizer } from "./optimizer.js";
export type { MetricSchedule, Schedule, ScheduleMoment } from "./schedule.js";
