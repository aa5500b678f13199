import { describe, expect, it } from "vitest";
import { inProcessGroups, soloGroup, type ProcessGroup } from "@snapfit/base";

const onAll = <T>(groups: ProcessGroup[], task: (group: ProcessGroup) => Promise<T>) => Promise.all(groups.map(task));
const withCode = (code: string) => expect.objectContaining({ code });

describe("inProcessGroups", () => {
  it("sums in rank order, so that every rank gets the same bits", async () => {
    const groups = inProcessGroups(3);
    const values = [1e8, 1, -1e8]; // (1e8 + 1) - 1e8 is 0 in float32; another order gives 1
    const sums = await onAll(groups, async (group) => {
      const data = new Float32Array([values[group.rank]!, group.rank]);
      if (group.rank === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await group.allReduce(data);
      return data;
    });
    for (const sum of sums) expect(sum).toEqual(new Float32Array([0, 3]));
  });

  it("reduces to the maximum and minimum, in all array types", async () => {
    const groups = inProcessGroups(2);
    const results = await onAll(groups, async (group) => {
      const max = new Float64Array([group.rank, NaN, -group.rank]);
      const min = new Int32Array([group.rank, -group.rank]);
      const sum = new Int32Array([2 ** 31 - 1]);
      await Promise.all([group.allReduce(max, "max"), group.allReduce(min, "min"), group.allReduce(sum)]);
      return [[...max], [...min], [...sum]];
    });
    expect(results[0]).toEqual([[1, NaN, -0], [0, -1], [-2]]);
    expect(results[1]).toEqual(results[0]);
  });

  it("broadcasts and gathers copies that ranks do not share", async () => {
    const groups = inProcessGroups(3);
    const received = await onAll(groups, async (group) => {
      const mine = { rank: group.rank, data: new Float32Array([group.rank]) };
      const fromOne = await group.broadcast(mine, 1);
      mine.data[0] = 99;
      fromOne.data[0]! += 10 * group.rank;
      const all = await group.allGather(fromOne);
      return { fromOne, all };
    });
    expect(received.map(({ fromOne }) => fromOne.data[0])).toEqual([1, 11, 21]);
    expect(received[2]!.all.map(({ rank, data }) => [rank, data[0]])).toEqual([
      [1, 1],
      [1, 11],
      [1, 21],
    ]);
    expect(received[0]!.all[0]!.data).not.toBe(received[1]!.all[0]!.data);
  });

  it("holds everyone at a barrier until the last has come", async () => {
    const groups = inProcessGroups(2);
    const order: string[] = [];
    const first = groups[0]!.barrier().then(() => order.push("rank 0 passed"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push("rank 1 comes");
    await Promise.all([first, groups[1]!.barrier()]);
    expect(order).toEqual(["rank 1 comes", "rank 0 passed"]);
  });

  it("names both calls when ranks do not agree, and ends for all", async () => {
    const groups = inProcessGroups(3);
    const results = await Promise.allSettled([groups[0]!.allReduce(new Float32Array(4)), groups[1]!.barrier(), groups[2]!.barrier()]);
    for (const result of results) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "GROUP_ABORTED", cause: { code: "GROUP_MISMATCH" } } });
      expect((result as PromiseRejectedResult).reason.message).toContain(
        'In collective 0, rank 0 called allReduce("sum") of 4 values in a Float32Array, but rank 1 called barrier().',
      );
    }
    const lengths = inProcessGroups(2);
    await expect(onAll(lengths, (group) => group.allReduce(new Float32Array(group.rank + 1)))).rejects.toThrow(
      'of 1 values in a Float32Array, but rank 1 called allReduce("sum") of 2 values',
    );
  });

  it("ends pending and later calls of all ranks with the cause of an abort", async () => {
    const groups = inProcessGroups(2);
    const pending = groups[0]!.barrier();
    const cause = new Error("disk full.");
    groups[1]!.abort(cause);
    groups[1]!.abort(new Error("a later cause does not count"));
    await expect(pending).rejects.toMatchObject({ code: "GROUP_ABORTED", cause });
    for (const group of groups) {
      await expect(group.allGather(1)).rejects.toMatchObject({ code: "GROUP_ABORTED", cause });
      expect(() => group.allReduceSync(new Float32Array(1))).toThrow(withCode("GROUP_ABORTED"));
      await group.close();
    }
  });

  it("does not let a rank wait for one that has closed", async () => {
    const groups = inProcessGroups(2);
    const pending = groups[0]!.barrier();
    await groups[1]!.close();
    await expect(pending).rejects.toThrow("Rank 1 has closed its process group, but rank 0 waits for it in barrier().");
    await expect(groups[0]!.allGather(1)).rejects.toMatchObject({ code: "GROUP_CLOSED" });
    await expect(groups[1]!.barrier()).rejects.toMatchObject({ code: "GROUP_CLOSED" });
  });

  it("finishes calls that a rank made before it closed", async () => {
    const groups = inProcessGroups(2);
    const first = groups[0]!.allGather("a");
    await groups[0]!.close();
    expect(await groups[1]!.allGather("b")).toEqual(["a", "b"]);
    expect(await first).toEqual(["a", "b"]);
  });

  it("refuses synchronous calls, strange sizes, roots and values", async () => {
    const groups = inProcessGroups(2);
    expect(() => groups[0]!.allReduceSync(new Float32Array(1))).toThrow(withCode("SYNC_UNSUPPORTED"));
    expect(() => inProcessGroups(0)).toThrow(withCode("GROUP_SIZE"));
    await expect(groups[0]!.broadcast(1, 2)).rejects.toMatchObject({ code: "GROUP_VALUE" });
    await expect(groups[0]!.allGather(() => {})).rejects.toMatchObject({ code: "GROUP_VALUE" });
  });
});

describe.each([
  ["soloGroup", soloGroup],
  ["inProcessGroups(1)", () => inProcessGroups(1)[0]!],
])("%s", (_, make) => {
  it("changes nothing, synchronous calls included", async () => {
    const group = make();
    expect([group.rank, group.size, group.localRank]).toEqual([0, 1, 0]);
    const data = new Float32Array([1, NaN, -0]);
    group.allReduceSync(data);
    await group.allReduce(data, "max");
    expect([...data]).toEqual([1, NaN, -0]);
    expect(await group.broadcast({ a: 1 })).toEqual({ a: 1 });
    expect(await group.allGather("x")).toEqual(["x"]);
    await group.barrier();
  });

  it("refuses calls after abort or close", async () => {
    const aborted = make();
    aborted.abort("out of patience.");
    await expect(aborted.barrier()).rejects.toMatchObject({ code: "GROUP_ABORTED", cause: "out of patience." });
    const closed = make();
    await closed.close();
    await closed.close();
    expect(() => closed.allReduceSync(new Float32Array(1))).toThrow(withCode("GROUP_CLOSED"));
    await expect(closed.allReduce(new Float32Array(1))).rejects.toMatchObject({ code: "GROUP_CLOSED" });
  });
});
