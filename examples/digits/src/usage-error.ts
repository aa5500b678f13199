/** Something that the user of the program has to put right: shown as one sentence, without a stack. */
export class UsageError extends Error {}
