/** One line of a profile. */
export interface KernelUse {
  readonly kernel: string;
  /** Whether the cpu backend's kernel did the work. */
  readonly isFallback: boolean;
  readonly count: number;
  /** Time in the kernel, kernels that it calls included. */
  readonly totalMs: number;
  /** Tensors that lay as bfloat16 and that the kernel needed as float32. */
  readonly numWidened: number;
}

const uses = new Map<string, { count: number; totalMs: number; numWidened: number }>();

/** Notes one call; called while `isOn` only. */
export function recordKernel(kernel: string, isFallback: boolean, ms: number, numWidened: number): void {
  const key = `${isFallback ? "cpu" : "native"} ${kernel}`;
  let use = uses.get(key);
  if (use === undefined) uses.set(key, (use = { count: 0, totalMs: 0, numWidened: 0 }));
  use.count++;
  use.totalMs += ms;
  use.numWidened += numWidened;
}
recordKernel.isOn = false;

/**
 * Runs `run` and tells which kernels the native engine ran in it, how often and for how long: the slowest first. Kernels with `isFallback` ran in
 * plain JavaScript. Meanwhile each kernel costs two looks at the clock.
 */
export async function profileKernels(run: () => unknown): Promise<KernelUse[]> {
  uses.clear();
  recordKernel.isOn = true;
  try {
    await run();
  } finally {
    recordKernel.isOn = false;
  }
  return [...uses]
    .map(([key, use]) => ({ kernel: key.slice(key.indexOf(" ") + 1), isFallback: key.startsWith("cpu"), ...use }))
    .sort((a, b) => b.totalMs - a.totalMs);
}
