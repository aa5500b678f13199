import { nativeStatus } from "@snapfit/native";

/** Whether the native engine runs here; without a compiler it is not built. */
export const hasNative = nativeStatus().isAvailable;

/** Those of the backends that run here. */
export const here = (...backends: readonly string[]): string[] => backends.filter((name) => name !== "native" || hasNative);
