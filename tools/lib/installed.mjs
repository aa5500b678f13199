/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, resolved?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @typedef {Record<string, LockEntry>} LockEntries
 */

/**
 * Names what `package-lock.json` asks for and the lock file that npm left in `node_modules` does not hold.
 * Empty after a completed `npm ci` or `npm install`, however it was started; npm writes its own lock file last.
 * @param {LockEntries} wanted `packages` of `package-lock.json`
 * @param {LockEntries} present `packages` of `node_modules/.package-lock.json`
 * @param {{ platform: string, arch: string }} machine
 * @returns {string[]} paths such as `node_modules/vitest`
 */
export function missingPackages(wanted, present, { platform, arch }) {
  return Object.entries(wanted)
    .filter(([path]) => path !== "")
    .filter(([path, entry]) => !isSame(entry, present[path]) && !(present[path] === undefined && mayBeAbsent(entry, platform, arch)))
    .map(([path]) => path);
}

/** @param {LockEntry} wanted @param {LockEntry | undefined} present */
function isSame(wanted, present) {
  if (present === undefined) return false;
  return wanted.link ? present.resolved === wanted.resolved : present.version === wanted.version && present.integrity === wanted.integrity;
}

/**
 * Optional packages for this very machine are binaries that the tools need; any other optional one may have been left out.
 * @param {LockEntry} entry
 * @param {string} platform
 * @param {string} arch
 */
function mayBeAbsent({ optional, os, cpu, libc }, platform, arch) {
  if (!optional) return false;
  const isForThisMachine = os?.includes(platform) && cpu?.includes(arch) && libc === undefined;
  return !isForThisMachine;
}
