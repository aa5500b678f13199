/** What a function throws; undefined if it does not. For `expect(errorOf(run)).toMatchObject({ code })`. */
export function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
