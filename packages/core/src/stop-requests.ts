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

/** The first request of each kind. */
interface Requests {
  readonly finish?: StopRequest | undefined;
  readonly interrupt?: StopRequest | undefined;
}

/**
 * Collects requests to stop. The first of each kind counts; an interruption comes before the wish to finish, which stays for the resumed run.
 * With several ranks a request counts once all have agreed on it, so that all of them decide alike wherever they stand.
 */
export class StopRequests {
  readonly #group: ProcessGroup;
  #asked: Requests = {};
  #agreed: Requests = {};

  constructor(group: ProcessGroup) {
    this.#group = group;
  }

  get request(): StopRequest | undefined {
    return this.#agreed.interrupt ?? this.#agreed.finish;
  }

  get isInterrupted(): boolean {
    return this.#agreed.interrupt !== undefined;
  }

  /** Whether this rank has been interrupted, maybe before the others know. */
  get isInterruptAsked(): boolean {
    return this.#asked.interrupt !== undefined;
  }

  /** Why this fit is to be finished, for the saved state. */
  get finish(): string | undefined {
    const { finish } = this.#asked;
    return finish?.byLimit === true ? undefined : finish?.reason;
  }

  ask(request: StopRequest): void {
    if (this.#asked[request.kind] === undefined) this.#asked = { ...this.#asked, [request.kind]: request };
    if (this.#group.size === 1) this.#agreed = this.#asked;
  }

  /** What all ranks do: for each kind the request of the lowest rank that has one. Collective. */
  async agree(): Promise<StopRequest | undefined> {
    if (this.#group.size === 1) return this.request;
    const all = await this.#group.allGather({ finish: this.#asked.finish ?? null, interrupt: this.#asked.interrupt ?? null });
    const first = (kind: StopRequest["kind"]): StopRequest | undefined => all.find((asked) => asked[kind] !== null)?.[kind] ?? undefined;
    this.#agreed = { finish: first("finish"), interrupt: first("interrupt") };
    this.#asked = { finish: this.#agreed.finish ?? this.#asked.finish, interrupt: this.#agreed.interrupt ?? this.#asked.interrupt }; // what came meanwhile stays for the next time
    return this.request;
  }

  /** The wish to finish is about one fit; an interruption is about all that would come after it. */
  clearFinish(): void {
    this.#asked = { interrupt: this.#asked.interrupt };
    this.#agreed = { interrupt: this.#agreed.interrupt };
  }

  clear(): void {
    this.#asked = {};
    this.#agreed = {};
  }
}
