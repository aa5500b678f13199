import type { ProcessGroup } from "@snapfit/base";

/**
 * Why a fit should end. `finish`: this fit is done (its limit, an early stopper, `stop(reason)`).
 * `interrupt`: it goes on later where it was (a signal, an AbortSignal).
 */
export interface StopRequest {
  readonly kind: "finish" | "interrupt";
  readonly reason: string;
}

/** Collects requests to stop. The first of each kind counts; an interruption comes before the wish to finish, which stays for the resumed run. */
export class StopRequests {
  #finish: string | undefined;
  #interrupt: string | undefined;

  get request(): StopRequest | undefined {
    if (this.#interrupt !== undefined) return { kind: "interrupt", reason: this.#interrupt };
    return this.#finish === undefined ? undefined : { kind: "finish", reason: this.#finish };
  }

  get isInterrupted(): boolean {
    return this.#interrupt !== undefined;
  }

  /** Why this fit is to be finished, for the saved state. */
  get finish(): string | undefined {
    return this.#finish;
  }

  ask({ kind, reason }: StopRequest): void {
    if (kind === "interrupt") this.#interrupt ??= reason;
    else this.#finish ??= reason;
  }

  /** What all ranks do: for each kind the request of the lowest rank that has one. */
  async agree(group: ProcessGroup): Promise<StopRequest | undefined> {
    if (group.size === 1) return this.request;
    const all = await group.allGather({ finish: this.#finish ?? null, interrupt: this.#interrupt ?? null });
    this.#finish = all.find(({ finish }) => finish !== null)?.finish ?? undefined;
    this.#interrupt = all.find(({ interrupt }) => interrupt !== null)?.interrupt ?? undefined;
    return this.request;
  }

  clear(): void {
    this.#finish = undefined;
    this.#interrupt = undefined;
  }
}
