/** Where lines for people go. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}

/** Writes to the console; warnings in yellow and errors in red where the terminal shows colours and `NO_COLOR` is not set. */
export const consoleLogger: Logger = {
  debug: (message) => console.debug(message),
  info: (message) => console.log(message),
  warning: (message) => console.warn(coloured(33, message)),
  error: (message) => console.error(coloured(31, message)),
};

function coloured(code: number, message: string): string {
  const { env, stderr } =
    (globalThis as { process?: { env: Record<string, string | undefined>; stderr?: { isTTY?: boolean } } }).process ?? {};
  return stderr?.isTTY === true && !env?.["NO_COLOR"] ? `\u001b[${code}m${message}\u001b[0m` : message;
}
