import { joinPlanes } from "../../../src/readers/images/jpeg/join-planes.js";
import { JpegSegments } from "../../../src/readers/images/jpeg/jpeg-segments.js";
import { readPlanes } from "../../../src/readers/images/jpeg/read-planes.js";
import { readJpegHeader } from "../../../src/readers/images/jpeg/read-jpeg-header.js";

/** What becomes of a JPEG: its pixels, or the words of the error. */
type Outcome = Uint8Array | string;

function outcomeOf(decode: () => Uint8Array): Outcome {
  try {
    return decode();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Without vector instructions. */
export function decodePlainly(bytes: Uint8Array): Outcome {
  return outcomeOf(() => {
    const segments = new JpegSegments(bytes, "image");
    const first = segments.nextScan()!;
    return joinPlanes(segments, readPlanes(bytes, segments, first));
  });
}

/** With vector instructions; undefined if the JPEG is not of the kind that they decode. */
export function decodeQuickly(bytes: Uint8Array): Outcome | undefined {
  const header = readJpegHeader(bytes, "image");
  return header.isQuick ? outcomeOf(() => header.decode().data) : undefined;
}
