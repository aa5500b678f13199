import { describe, expect, it } from "vitest";
import { cgroupQuotaCores } from "../src/cgroup-quota.js";
import { defaultThreads, setThreads, threadChoice, type ThreadFacts } from "../src/threads.js";

const chosen = (facts: Partial<ThreadFacts>) => defaultThreads({ env: {}, cores: 8, quotaCores: Infinity, isWorker: false, ...facts });

describe("the default number of threads", () => {
  it("is that of the cores the process may use", () => {
    expect(chosen({})).toEqual({ count: 8, source: "8 cores" });
    expect(chosen({ cores: 1 })).toEqual({ count: 1, source: "1 core" });
  });

  it("follows SNAPFIT_THREADS, then OMP_NUM_THREADS, whose first number counts", () => {
    expect(chosen({ env: { SNAPFIT_THREADS: "3", OMP_NUM_THREADS: "5" } })).toEqual({ count: 3, source: "SNAPFIT_THREADS" });
    expect(chosen({ env: { OMP_NUM_THREADS: "5,2" } })).toEqual({ count: 5, source: "OMP_NUM_THREADS" });
  });

  it("takes no notice of a variable that holds no number from 1", () => {
    for (const text of ["0", "-2", "many", ""]) expect(chosen({ env: { SNAPFIT_THREADS: text } }).count).toBe(8);
  });

  it("stays within the quota of a container, and at 1 where that is less", () => {
    expect(chosen({ quotaCores: 2.5 })).toEqual({ count: 2, source: "a cgroup quota of 2.5 cores" });
    expect(chosen({ quotaCores: 0.25 }).count).toBe(1);
    expect(chosen({ quotaCores: 64 }).count).toBe(8);
  });

  it.each(["LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_LOCAL_SIZE"])(
    "is divided by the ranks that %s tells of",
    (name) => {
      expect(chosen({ env: { [name]: "3" } })).toEqual({ count: 2, source: "8 cores / 3 local ranks" });
      expect(chosen({ env: { [name]: "16" } }).count).toBe(1);
    },
  );

  it("is 1 in a worker thread", () => {
    expect(chosen({ isWorker: true, env: { OMP_NUM_THREADS: "4" } })).toEqual({ count: 1, source: "1 in a worker thread" });
  });
});

describe("setThreads", () => {
  it("replaces the choice, and refuses what is no whole number from 1", () => {
    setThreads(2);
    expect(threadChoice()).toEqual({ count: 2, source: "setThreads()" });
    for (const count of [0, -1, 1.5, Number.NaN])
      expect(() => setThreads(count)).toThrow(
        expect.objectContaining({ code: "THREADS_INVALID", message: expect.stringContaining(`got ${count}`) }),
      );
    expect(threadChoice().count).toBe(2);
  });
});

describe("the quota of a control group", () => {
  const files = (content: Record<string, string>) => (path: string) => content[path];

  it("is the least of the group's and those above it, in version 2", () => {
    const group = { "/proc/self/cgroup": "0::/service/job\n" };
    expect(cgroupQuotaCores(files(group))).toBe(Infinity);
    expect(cgroupQuotaCores(files({ ...group, "/sys/fs/cgroup/service/job/cpu.max": "max 100000\n" }))).toBe(Infinity);
    const job = { ...group, "/sys/fs/cgroup/service/job/cpu.max": "300000 100000\n" };
    expect(cgroupQuotaCores(files(job))).toBe(3);
    expect(cgroupQuotaCores(files({ ...job, "/sys/fs/cgroup/service/cpu.max": "150000 100000\n" }))).toBe(1.5);
  });

  it("is that of the container's root where the group's path is the host's", () => {
    expect(cgroupQuotaCores(files({ "/proc/self/cgroup": "0::/docker/abc\n", "/sys/fs/cgroup/cpu.max": "200000 100000\n" }))).toBe(2);
  });

  it("is read from the files of version 1 as well, where -1 is none", () => {
    const group = { "/proc/self/cgroup": "5:memory:/x\n4:cpu,cpuacct:/x\n" };
    const folder = "/sys/fs/cgroup/cpu,cpuacct/x";
    expect(
      cgroupQuotaCores(files({ ...group, [`${folder}/cpu.cfs_quota_us`]: "50000\n", [`${folder}/cpu.cfs_period_us`]: "100000\n" })),
    ).toBe(0.5);
    expect(cgroupQuotaCores(files({ ...group, [`${folder}/cpu.cfs_quota_us`]: "-1\n", [`${folder}/cpu.cfs_period_us`]: "100000\n" }))).toBe(
      Infinity,
    );
  });

  it("is infinite where nothing tells of it", () => {
    expect(cgroupQuotaCores(() => undefined)).toBe(Infinity);
  });
});
