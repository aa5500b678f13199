/** Why an engine cannot be measured here; its rows are left out and the reason is printed. */
export class Unavailable extends Error {}
