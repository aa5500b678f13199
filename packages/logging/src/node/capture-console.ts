import { StringDecoder } from "node:string_decoder";

/** A line that the process has printed, without its line break. */
export interface ConsoleLine {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** A line that is still open is given out when it has so many characters: some programs print no line break. */
const LONGEST_LINE = 100_000;

/**
 * Hands over the lines that this process prints, while they go where they went before. What a terminal would overwrite after a carriage return is left out.
 * Only what goes through `process.stdout` and `process.stderr` is seen, as the console's output does, and nothing that `take` itself prints. What it throws is lost.
 * @returns the end of it: gives out lines that are still open, and puts the streams back. Captures may end in any order.
 */
export function captureConsole(take: (line: ConsoleLine) => void): () => void {
  const releases = [captureStream("stdout", take), captureStream("stderr", take)];
  return () => {
    for (const release of releases) release();
  };
}

function captureStream(stream: "stdout" | "stderr", take: (line: ConsoleLine) => void): () => void {
  const target = process[stream];
  const original = Object.getOwnPropertyDescriptor(target, "write");
  const below = target.write;
  const decoder = new StringDecoder("utf8");
  let open = "";
  let isTaking = false;
  let isActive = true;

  const give = (line: string): void => {
    isTaking = true;
    try {
      take({ stream, text: line.replace(/\r+$/, "").replace(/^.*\r/s, "") });
    } catch {
      // a console that fails must not fail those who print
    } finally {
      isTaking = false;
    }
  };
  const read = (chunk: unknown, encoding: unknown): void => {
    const bytes =
      typeof chunk === "string" ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8") : chunk;
    if (!(bytes instanceof Uint8Array)) return;
    const lines = (open + decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))).split("\n");
    open = lines.pop()!;
    for (const line of lines) give(line);
    if (open.length < LONGEST_LINE) return;
    give(open);
    open = "";
  };
  const write = function (this: typeof target, ...args: Parameters<typeof target.write>): boolean {
    if (isActive && !isTaking) read(args[0], args[1]);
    return below.apply(target, args);
  } as typeof target.write;
  target.write = write;

  return () => {
    if (!isActive) return;
    open += decoder.end();
    if (open !== "") give(open);
    isActive = false;
    if (target.write !== write) return; // somebody has come on top of it: it stays, and only passes on
    if (original === undefined) delete (target as { write?: unknown }).write;
    else Object.defineProperty(target, "write", original);
  };
}
