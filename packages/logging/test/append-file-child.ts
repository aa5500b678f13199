// append-file-child.mjs PATH, where files may have 2048 bytes
import type { SnapfitError } from "@snapfit/base";
import { AppendFile } from "@snapfit/logging/node";

const file = new AppendFile(process.argv[2]!);
file.append(Buffer.alloc(1990, "a"));
let code: string | undefined;
try {
  file.append(Buffer.alloc(100, "b"));
} catch (error) {
  ({ code } = error as SnapfitError);
}
file.append(Buffer.alloc(10, "c"));
console.log(JSON.stringify({ code, sizeBytes: file.sizeBytes }));
