import { MemoryStorage, RandomStream, SnapfitError, type Storage } from "@snapfit/base";
import { encodeSafetensors, openSafetensors, parseSafetensors, toHostTensor, type SafetensorsContents } from "../src/index.js";
import { mutatedFile } from "./mutated-files.js";

const READ_CODES = new Set(["DTYPE_UNKNOWN", "DUPLICATE_KEY", "HEADER_INVALID", "HEADER_LENGTH", "OFFSETS_INVALID", "SHAPE_INVALID"]);
const VALUE_CODES = new Set(["DTYPE_UNSUPPORTED", "VALUE_RANGE"]);

/**
 * Gives damaged files to the reader and counts what becomes of them, by error code or `accepted`. Throws on the first that is neither a proper
 * error nor a proper file. Every hundredth also goes through a storage that refuses reads beyond its end.
 */
export async function fuzz(seed: number, numInputs: number): Promise<Record<string, number>> {
  const random = RandomStream.fromSeed(seed, "safetensors");
  const counts: Record<string, number> = {};
  for (let i = 0; i < numInputs; i++) {
    const file = mutatedFile(random);
    try {
      const outcome = codeOf(() => checkContents(file, parseSafetensors(file)), READ_CODES) ?? "accepted";
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (i % 100 === 0) await checkStored(file, outcome);
    } catch (cause) {
      throw new Error(`Input ${i} of seed ${seed} fails: ${Buffer.from(file).toString("base64")}`, { cause });
    }
  }
  return counts;
}

/** What was accepted claims each byte of the file once, and survives being written again. */
function checkContents(file: Uint8Array, { metadata, tensors }: SafetensorsContents): void {
  let end = file.length;
  for (const [name, tensor] of [...tensors].reverse()) {
    const { bytes } = tensor;
    end -= bytes.length;
    if (bytes.buffer !== file.buffer || (bytes.length > 0 && bytes.byteOffset - file.byteOffset !== end))
      throw new Error(`${name} lies elsewhere`);
    codeOf(() => void toHostTensor(tensor, name), VALUE_CODES);
  }
  const again = encodeSafetensors(tensors, { metadata });
  const second = parseSafetensors(again);
  if (second.tensors.size !== tensors.size || second.metadata.size !== metadata.size) throw new Error("something got lost");
  if (Buffer.compare(again, encodeSafetensors(second.tensors, { metadata: second.metadata })) !== 0)
    throw new Error("it does not come out equal");
}

async function checkStored(file: Uint8Array, expected: string): Promise<void> {
  const memory = new MemoryStorage();
  await memory.write("file", file);
  const read: Storage["read"] = (path, range) => {
    if (range!.lengthBytes > Math.max(file.length, 8)) throw new Error(`${range!.lengthBytes} bytes are asked for`);
    return memory.read(path, range);
  };
  const storage: Storage = Object.assign(Object.create(memory) as Storage, { read, stat: (path: string) => memory.stat(path) });
  const outcome = await openSafetensors(storage, "file").then(
    () => "accepted",
    (error: unknown) => (error as SnapfitError).code,
  );
  if (outcome !== expected) throw new Error(`a storage gives ${outcome}, memory ${expected}`);
}

function codeOf(run: () => void, codes: ReadonlySet<string>): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SnapfitError && codes.has(error.code)) return error.code;
    throw error;
  }
  return undefined;
}
