/** What a function throws or rejects with; undefined if it does not. For `expect(await errorOf(run)).toMatchObject({ code })`. */
export async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}
