import { inProcessGroups, SnapfitError, type ProcessGroup } from "@snapfit/base";

/**
 * Runs `body` once for each rank of an in-process group, all at the same time, and returns what they returned, in rank order. A rank that ends closes its part of
 * the group, one that throws ends the group: nobody waits for ever.
 * @param size number of ranks. @throws the error that ended the group; what the other ranks saw of it is dropped
 * @example
 * const sums = await onRanks(2, async (group) => {
 *   const data = new Float32Array([group.rank + 1]);
 *   await group.allReduce(data);
 *   return data[0];
 * });
 * console.log(sums); // [3, 3]
 */
export async function onRanks<T>(size: number, body: (group: ProcessGroup) => Promise<T>): Promise<T[]> {
  const ended = await Promise.allSettled(
    inProcessGroups(size).map(async (group) => {
      try {
        const result = await body(group);
        await group.close();
        return result;
      } catch (error) {
        group.abort(error);
        throw error;
      }
    }),
  );
  const errors = ended.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  if (errors.length > 0) throw errors.find((error) => !isConsequence(error)) ?? errors[0];
  return ended.map((end) => (end as PromiseFulfilledResult<T>).value);
}

/** Whether an error only says that another rank had one. */
function isConsequence(error: unknown): boolean {
  return error instanceof SnapfitError && error.code === "GROUP_ABORTED";
}
