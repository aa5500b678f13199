/** The rank of a batch of samples that have this rank. */
export type OneMore<Rank extends number> = Rank extends 0
  ? 1
  : Rank extends 1
    ? 2
    : Rank extends 2
      ? 3
      : Rank extends 3
        ? 4
        : Rank extends 4
          ? 5
          : Rank extends 5
            ? 6
            : number;
/** The rank of one sample of a batch that has this rank. */
export type OneLess<Rank extends number> = Rank extends 1
  ? 0
  : Rank extends 2
    ? 1
    : Rank extends 3
      ? 2
      : Rank extends 4
        ? 3
        : Rank extends 5
          ? 4
          : Rank extends 6
            ? 5
            : number;
