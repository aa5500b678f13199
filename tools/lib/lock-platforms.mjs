/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string> }} LockedPackage
 */

/**
 * The entries that `package-lock.json` lacks for optional packages with a binary for one platform each. npm leaves out those that a
 * registry does not offer, and `npm ci` then refuses the file. Their platform is read from their names, `binding-linux-arm64-musl`.
 * @param {Record<string, LockedPackage>} packages of the lock file
 * @returns {Record<string, LockedPackage>} by path
 */
export function missingPlatforms(packages) {
  /** @type {Record<string, LockedPackage>} */
  const missing = {};
  for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isFound(name, path, packages)) continue;
      const platform = platformOf(name);
      if (platform === undefined || !/^\d/.test(version))
        throw new Error(`${name}@${version} of ${path} is missing, and its name tells no platform.`);
      const { os, cpu, libc } = platform;
      missing[`node_modules/${name}`] = { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os };
    }
  }
  return missing;
}

/**
 * As Node.js looks for a package: below the one that asks, then in each folder above.
 * @param {string} name
 * @param {string} path
 * @param {Record<string, LockedPackage>} packages
 * @returns {boolean}
 */
function isFound(name, path, packages) {
  if (path === "") return `node_modules/${name}` in packages;
  const above = path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/")));
  return `${path}/node_modules/${name}` in packages || isFound(name, above, packages);
}

const systems = /(?<![a-z])(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?![a-z])/;
const processors = /(?<![a-z])(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?![a-z0-9])/;

/** @param {string} name */
function platformOf(name) {
  const os = systems.exec(name)?.[1];
  const cpu = processors.exec(name)?.[1];
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os === "linux" && /-(gnu|musl)/.exec(name)?.[1];
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc === "gnu" ? "glibc" : "musl"] }) };
}
