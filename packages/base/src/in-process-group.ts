import { Collective, type CollectiveCall } from "./collective.js";
import type { ProcessGroup, ReducibleArray, ReduceOp } from "./process-group.js";
import { reduceInto } from "./reduce-into.js";
import { SnapfitError } from "./snapfit-error.js";
import { groupAborted, groupClosed } from "./solo-group.js";

/**
 * Groups whose ranks are asynchronous tasks of one process: for tests, and for training several replicas in one process.
 * Values are cloned, so ranks share nothing. The n-th call of each rank belongs together; if ranks disagree on what it is, all of them
 * fail with `GROUP_ABORTED`, and the message names both calls.
 * @param size number of ranks, >= 1. @returns one group for each rank, in rank order.
 * @throws SnapfitError `GROUP_SIZE`; later `GROUP_ABORTED`, `GROUP_CLOSED` (this rank or one it waits for has closed), `GROUP_VALUE` (a value that cannot be cloned), `SYNC_UNSUPPORTED`.
 */
export function inProcessGroups(size: number): ProcessGroup[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new SnapfitError(
      "GROUP_SIZE",
      `A process group of ${size} ranks cannot exist. The size is an integer of at least 1. Check the number of ranks.`,
    );
  }
  const room = new MeetingRoom(size);
  return Array.from({ length: size }, (_, rank) => new InProcessGroup(rank, room));
}

/** What the ranks of one set of groups share: the collectives that wait for someone, and how it ended. */
class MeetingRoom {
  readonly size: number;
  readonly waiting = new Map<number, Collective>();
  readonly closed = new Set<number>();
  end: SnapfitError | undefined;

  constructor(size: number) {
    this.size = size;
  }

  join(index: number, rank: number, call: CollectiveCall): Promise<unknown[]> {
    let collective = this.waiting.get(index);
    if (!collective) this.waiting.set(index, (collective = new Collective(this.size, rank, call)));
    if (collective.call.title !== call.title) {
      const first = `rank ${collective.rank} called ${collective.call.title}`;
      this.abort(
        rank,
        new SnapfitError(
          "GROUP_MISMATCH",
          `In collective ${index}, ${first}, but rank ${rank} called ${call.title}. All ranks make the same calls in the same order.`,
        ),
      );
      return Promise.reject(this.end);
    }
    const result = collective.join(rank, call.value);
    if (collective.isComplete) this.waiting.delete(index);
    else this.#failIfClosed(collective);
    return result;
  }

  abort(rank: number, cause: unknown): void {
    this.end ??= groupAborted(rank, cause);
    for (const collective of this.waiting.values()) collective.fail(this.end);
    this.waiting.clear();
  }

  close(rank: number): void {
    this.closed.add(rank);
    for (const collective of this.waiting.values()) this.#failIfClosed(collective);
  }

  #failIfClosed(collective: Collective): void {
    const gone = [...this.closed].find((rank) => !collective.hasJoined(rank));
    if (gone !== undefined) collective.fail(groupClosed(gone, `, but rank ${collective.rank} waits for it in ${collective.call.title}`));
  }
}

class InProcessGroup implements ProcessGroup {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly #room: MeetingRoom;
  #numCalls = 0;

  constructor(rank: number, room: MeetingRoom) {
    this.rank = rank;
    this.localRank = rank;
    this.size = room.size;
    this.#room = room;
  }

  async allReduce(data: ReducibleArray, op: ReduceOp = "sum"): Promise<void> {
    const parts = await this.#join(`allReduce("${op}") of ${data.length} values in a ${data.constructor.name}`, data.slice());
    parts.forEach((part, rank) => reduceInto(data, part as ReducibleArray, rank === 0 ? "copy" : op));
  }

  allReduceSync(_data: ReducibleArray, _op: ReduceOp = "sum"): void {
    this.#checkOpen();
    if (this.size === 1) return;
    throw new SnapfitError(
      "SYNC_UNSUPPORTED",
      `allReduceSync() cannot wait for the other ${this.size - 1} ranks, which run in this same process. It needs a group whose ranks are processes. Call allReduce() between steps, or use such a group.`,
    );
  }

  async broadcast<T>(value: T, root = 0): Promise<T> {
    if (!Number.isInteger(root) || root < 0 || root >= this.size) {
      throw new SnapfitError(
        "GROUP_VALUE",
        `broadcast() from rank ${root} is not possible in a group of ${this.size}. The root is one of the ranks. Pass 0 to ${this.size - 1}.`,
      );
    }
    const parts = await this.#join(`broadcast() from rank ${root}`, this.rank === root ? clone(value) : undefined);
    return clone(parts[root]) as T;
  }

  async allGather<T>(value: T): Promise<T[]> {
    const parts = await this.#join("allGather()", clone(value));
    return parts.map(clone) as T[];
  }

  async barrier(): Promise<void> {
    await this.#join("barrier()", undefined);
  }

  abort(cause: unknown): void {
    this.#room.abort(this.rank, cause);
  }

  async close(): Promise<void> {
    this.#room.close(this.rank);
  }

  #checkOpen(): void {
    if (this.#room.end) throw this.#room.end;
    if (this.#room.closed.has(this.rank)) throw groupClosed(this.rank);
  }

  #join(title: string, value: unknown): Promise<unknown[]> {
    this.#checkOpen();
    return this.#room.join(this.#numCalls++, this.rank, { title, value });
  }
}

function clone<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new SnapfitError(
      "GROUP_VALUE",
      `A value cannot be sent to other ranks: ${(cause as Error).message} Values are plain data: numbers, strings, arrays, records, typed arrays. Send such data.`,
      { cause },
    );
  }
}
