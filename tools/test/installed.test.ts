import { expect, test } from "vitest";
import { missingPackages, type LockEntries } from "../lib/installed.mjs";

const machine = { platform: "linux", arch: "x64" };
const wanted: LockEntries = {
  "": {},
  "node_modules/vitest": { version: "4.1.12", integrity: "sha512-a" },
  "node_modules/@snapfit/base": { link: true, resolved: "packages/base" },
  "node_modules/@esbuild/linux-x64": { version: "1.0.0", integrity: "sha512-b", optional: true, os: ["linux"], cpu: ["x64"] },
  "node_modules/@esbuild/win32-x64": { version: "1.0.0", integrity: "sha512-c", optional: true, os: ["win32"], cpu: ["x64"] },
  "node_modules/@nx/nx-linux-x64-musl": {
    version: "1.0.0",
    integrity: "sha512-d",
    optional: true,
    os: ["linux"],
    cpu: ["x64"],
    libc: ["musl"],
  },
};
const { "node_modules/@esbuild/win32-x64": _win32, "node_modules/@nx/nx-linux-x64-musl": _musl, ...present } = wanted;

test("nothing is missing after a complete installation, which leaves out binaries of other machines", () => {
  expect(missingPackages(wanted, present, machine)).toEqual([]);
});

test("everything but optional packages of other machines is missing where nothing was installed", () => {
  expect(missingPackages(wanted, {}, machine)).toEqual([
    "node_modules/vitest",
    "node_modules/@snapfit/base",
    "node_modules/@esbuild/linux-x64",
  ]);
});

test("another version, other contents or a link elsewhere count as missing", () => {
  const changes = [{ version: "4.1.11" }, { integrity: "sha512-z" }];
  for (const change of changes) {
    const other = { ...present, "node_modules/vitest": { ...present["node_modules/vitest"], ...change } };
    expect(missingPackages(wanted, other, machine)).toEqual(["node_modules/vitest"]);
  }
  const moved = { ...present, "node_modules/@snapfit/base": { link: true, resolved: "elsewhere" } };
  expect(missingPackages(wanted, moved, machine)).toEqual(["node_modules/@snapfit/base"]);
});

test("a folder installed on another machine lacks this machine's binaries", () => {
  expect(missingPackages(wanted, present, { platform: "win32", arch: "x64" })).toEqual(["node_modules/@esbuild/win32-x64"]);
});
