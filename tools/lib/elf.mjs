import { readFileSync } from "node:fs";

const tags = {
  needed: 1n,
  strings: 5n,
  soname: 14n,
  runPath: 29n,
  oldRunPath: 15n,
  versionsNeeded: 0x6ffffffen,
  numVersionsNeeded: 0x6fffffffn,
};

/**
 * What a shared library asks of others: a reader for 64-bit little-endian ELF files that needs no binutils.
 * @param {string} file
 * @returns {{ needed: string[], runPath: string | undefined, soname: string | undefined, versions: string[] }} `versions` such as `GLIBC_2.14`
 */
export function readElf(file) {
  const bytes = readFileSync(file);
  if (bytes.toString("latin1", 0, 4) !== "\x7fELF" || bytes[4] !== 2 || bytes[5] !== 1) throw new Error(`${file} is no 64-bit ELF file.`);
  const segments = programHeaders(bytes);
  const dynamic = segments.find(({ type }) => type === 2);
  if (dynamic === undefined) return { needed: [], runPath: undefined, soname: undefined, versions: [] };
  /** @type {{ tag: bigint, value: bigint }[]} */
  const entries = [];
  for (let at = dynamic.offset; ; at += 16) {
    const tag = bytes.readBigInt64LE(at);
    if (tag === 0n) break;
    entries.push({ tag, value: bytes.readBigUInt64LE(at + 8) });
  }
  const valueOf = (/** @type {bigint} */ tag) => entries.find((entry) => entry.tag === tag)?.value;
  const offsetOf = (/** @type {bigint | undefined} */ address) => (address === undefined ? undefined : fileOffset(segments, address));
  const strings = offsetOf(valueOf(tags.strings)) ?? 0;
  const text = (/** @type {bigint | number} */ index) => {
    const start = strings + Number(index);
    return bytes.toString("latin1", start, bytes.indexOf(0, start));
  };
  const optional = (/** @type {bigint} */ tag) => {
    const value = valueOf(tag);
    return value === undefined ? undefined : text(value);
  };
  return {
    needed: entries.filter(({ tag }) => tag === tags.needed).map(({ value }) => text(value)),
    runPath: optional(tags.oldRunPath) ?? optional(tags.runPath),
    soname: optional(tags.soname),
    versions: neededVersions(bytes, offsetOf(valueOf(tags.versionsNeeded)), Number(valueOf(tags.numVersionsNeeded) ?? 0), text),
  };
}

/** @param {Buffer} bytes */
function programHeaders(bytes) {
  const start = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  return Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: bytes.readBigUInt64LE(at + 16),
      sizeBytes: bytes.readBigUInt64LE(at + 32),
    };
  });
}

/** @param {ReturnType<typeof programHeaders>} segments @param {bigint} address */
function fileOffset(segments, address) {
  const loadable = 1;
  const segment = segments.find((each) => each.type === loadable && address >= each.address && address < each.address + each.sizeBytes);
  return segment === undefined ? undefined : segment.offset + Number(address - segment.address);
}

/**
 * The records of `.gnu.version_r`: one for each library, each with a chain of versions.
 * @param {Buffer} bytes @param {number | undefined} start @param {number} numLibraries @param {(index: number) => string} text
 */
function neededVersions(bytes, start, numLibraries, text) {
  /** @type {Set<string>} */
  const versions = new Set();
  let library = start ?? 0;
  for (let left = start === undefined ? 0 : numLibraries; left > 0; left--) {
    let version = library + bytes.readUInt32LE(library + 8);
    for (let count = bytes.readUInt16LE(library + 2); count > 0; count--) {
      versions.add(text(bytes.readUInt32LE(version + 8)));
      version += bytes.readUInt32LE(version + 12);
    }
    library += bytes.readUInt32LE(library + 12);
  }
  return [...versions].sort();
}

/**
 * The versions of glibc beyond a floor that a library asks for.
 * @param {readonly string[]} versions @param {readonly [number, number]} floor
 */
export function glibcBeyond(versions, [major, minor]) {
  return versions.filter((version) => {
    const [, a, b] = /^GLIBC_(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
    return a !== undefined && b !== undefined && (a > major || (a === major && b > minor));
  });
}
