import { checkOption, type RandomStream } from "@snapfit/base";
import { classesOf } from "../sets/classes.js";
import { checkOnePerSample, fingerprint, listRule, type Sampler } from "./sampler.js";

/**
 * Shuffles so that each batch holds the classes in the shares that they have in the set: the first n samples of a pass hold less than one sample more or less of a class
 * than n times its share, so any batch less than two. The samples of each class are shuffled in each pass; which class comes when stays the same.
 * @param labels the class of each sample of the set: numbers or texts.
 * @throws SnapfitError `SAMPLER`
 * @see Tijdeman 1980, doi 10.1016/0012-365X(80)90269-1 (the chairman assignment problem)
 *
 * @example
 * const labels = Int32Array.from({ length: 600 }, (_, i) => (i < 60 ? 1 : 0));
 * const set = arrays({ values: new Float32Array(600), labels });
 * for await (const batch of loader(set, { sampler: stratifiedSampler(labels), batchSize: 20 })) {
 *   console.log(batch.labels.data.filter((label) => label === 1).length); // 2
 * }
 */
export function stratifiedSampler(labels: ArrayLike<number | string>): Sampler {
  checkOption("stratifiedSampler()", "labels", labels, listRule);
  const { classes, members } = classesOf(labels);
  let schedule: Uint32Array | undefined;
  return {
    id: `stratified ${fingerprint(classes)}`,
    checkSet: (numInSet) => checkOnePerSample("stratifiedSampler", "labels", labels.length, numInSet),
    order(random) {
      schedule ??= evenSchedule(members.map(({ length }) => length));
      return { indices: fillIn(schedule, members, random) };
    },
  };
}

/**
 * The class of each place. Of those whose next sample is not too early, the one whose next sample is due first:
 * with slack s = 1 - 1 / (2k - 2) for k classes, class c with share p may take its (m + 1)-th place n if p (n + 1) - m >= 1 - s, and must by n = (m + s) / p.
 */
function evenSchedule(counts: readonly number[]): Uint32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const slack = 1 - 1 / Math.max(2, 2 * counts.length - 2);
  const taken = new Float64Array(counts.length);
  return Uint32Array.from({ length: total }, (_, place) => {
    let next = -1;
    let nextDue = Infinity;
    for (let name = 0; name < counts.length; name++) {
      const share = counts[name]! / total;
      const due = (taken[name]! + slack) / share;
      const isEarly = share * (place + 1) - taken[name]! < 1 - slack - 1e-9;
      if (!isEarly && due < nextDue && taken[name]! < counts[name]!) {
        next = name;
        nextDue = due;
      }
    }
    taken[next]!++;
    return next;
  });
}

function fillIn(schedule: Uint32Array, members: readonly Uint32Array[], random: RandomStream): Uint32Array {
  const shuffled = members.map((each) => random.permutation(each.length).map((position) => each[position]!));
  const next = new Uint32Array(members.length);
  return schedule.map((name) => shuffled[name]![next[name]!++]!);
}
