import { expect, test } from "vitest";
import { missingPlatforms } from "../lib/lock-platforms.mjs";

const lockWith = (...names: string[]) => ({
  "": {},
  "node_modules/tool": { version: "2.0.0", dev: true, optionalDependencies: Object.fromEntries(names.map((name) => [name, "2.0.0"])) },
  "node_modules/@tool/linux-x64-gnu": { version: "2.0.0" },
  "node_modules/tool/node_modules/@tool/darwin-x64": { version: "2.0.0" },
});

test("packages that are in the lock file, at the root or beside the one that asks, are not missing", () => {
  expect(missingPlatforms(lockWith("@tool/linux-x64-gnu", "@tool/darwin-x64"))).toEqual({});
});

test.each([
  ["@tool/binding-linux-arm64-musl", { os: ["linux"], cpu: ["arm64"], libc: ["musl"] }],
  ["@tool/linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
  ["@tool/tool-win32-x64-gnu", { os: ["win32"], cpu: ["x64"] }],
  ["@tool/darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
])("the platform of %s is read from its name", (name, platform) => {
  expect(missingPlatforms(lockWith(name))).toEqual({
    [`node_modules/${name}`]: { version: "2.0.0", dev: true, optional: true, ...platform },
  });
});

test("a missing package without a platform in its name is an error", () => {
  expect(() => missingPlatforms(lockWith("fsevents"))).toThrow("fsevents@2.0.0 of node_modules/tool is missing");
});
