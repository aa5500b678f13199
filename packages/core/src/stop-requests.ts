import type { ProcessGroup } from "@snapfit/base";

/**
 * Why a fit should end. `finish`: this fit is done (its limit, an early stopper, `stop(reason)`).
 * `interrupt`: it goes on later where it was (a signal, an AbortSignal).
 */
export interface StopRequest {
  readonly kind: "finish" | "interrupt";
  readonly reason: string;
  /** Whether a limit of the fit asks: it is not saved, since a resumed script may allow more. */
  readonly byLimit?: boolean;
}

/** Collects requests to stop. The first of each kind counts; an interruption comes before the wish to finish, which stays for the resumed run. */
export class StopRequests {
  #finish: StopRequest | undefined;
  #interrupt: StopRequest | undefined;

  get request(): StopRequest | undefined {
    return this.#interrupt ?? this.#finish;
  }

  get isInterrupted(): boolean {
    return this.#interrupt !== undefined;
  }

  /** Why this fit is to be finished, for the saved state. */
  get finish(): string | undefined {
    return this.#finish?.byLimit === true ? undefined : this.#finish?.reason;
  }

  ask(request: StopRequest): void {
    if (request.kind === "interrupt") this.#interrupt ??= request;
    else this.#finish ??= request;
  }

  /** What all ranks do: for each kind the request of the lowest rank that has one. */
  async agree(group: ProcessGroup): Promise<StopRequest | undefined> {
    if (group.size === 1) return this.request;
    const all = await group.allGather({ finish: this.#finish ?? null, interrupt: this.#interrupt ?? null });
    this.#finish = all.find(({ finish }) => finish !== null)?.finish ?? undefined;
    this.#interrupt = all.find(({ interrupt }) => interrupt !== null)?.interrupt ?? undefined;
    return this.request;
  }

  /** The wish to finish is about one fit; an interruption is about all that would come after it. */
  clearFinish(): void {
    this.#finish = undefined;
  }

  clear(): void {
    this.#finish = undefined;
    this.#interrupt = undefined;
  }
}
