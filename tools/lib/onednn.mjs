import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { downloadWheel } from "./python-wheel.mjs";
import { scratch } from "./root.mjs";
import { runCommand } from "./run-command.mjs";
import { readZip } from "./zip.mjs";

/** Where CMake looks for oneDNN after the system's folders. */
export const onednnFolder = join(scratch, "onednn");

const wheels = [
  {
    name: "onednn-cpu-gomp",
    version: "2023.2.0",
    file: "onednn_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl",
    sha256: "2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb",
  },
  {
    name: "onednn-devel-cpu-gomp",
    version: "2023.2.0",
    file: "onednn_devel_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl",
    sha256: "9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284",
  },
];

/** Whether PyPI has a ready library for this machine. */
export const hasReadyLibrary = process.platform === "linux" && process.arch === "x64";

/** Puts the ready oneDNN 3.2 of PyPI into {@link onednnFolder}. @returns {Promise<string | undefined>} what is in the way */
export async function placeReadyLibrary() {
  const folder = `${onednnFolder}-new`;
  rmSync(folder, { recursive: true, force: true });
  for (const wheel of wheels) {
    const result = await downloadWheel(wheel);
    if ("problem" in result) return result.problem;
    // The library lies there three times under its three names.
    for (const { name, bytes } of readZip(result.path, (each) => each.includes(".data/data/") && !/libdnnl\.so(\.3)?$/.test(each))) {
      const path = join(folder, name.slice(name.indexOf(".data/data/") + ".data/data/".length));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }
  for (const name of ["libdnnl.so.3", "libdnnl.so"]) symlinkSync("libdnnl.so.3.2", join(folder, "lib", name));
  rmSync(onednnFolder, { recursive: true, force: true });
  renameSync(folder, onednnFolder);
  return undefined;
}

const crate = { name: "onednn-src", version: "0.1.22" };

/** The primitives that packages/native/cpp uses; each more makes the library bigger. */
const primitives = ["CONVOLUTION", "MATMUL", "REORDER"];

/**
 * Builds oneDNN 3.14 from the source that a crate carries into {@link onednnFolder}: about 13 minutes on 2 cores.
 * @param {number} jobs
 * @returns {Promise<string | undefined>} what is in the way
 */
export async function buildLibraryFromSource(jobs) {
  const project = join(scratch, "onednn-source");
  mkdirSync(join(project, "src"), { recursive: true });
  writeFileSync(
    join(project, "Cargo.toml"),
    `[package]\nname = "onednn-source"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n${crate.name} = "=${crate.version}"\n`,
  );
  writeFileSync(join(project, "src/lib.rs"), "");
  // Cargo's ordinary client compares checksums; `vendor` tells where the source is.
  const vendored = await runCommand("cargo", ["vendor", "--quiet", "vendor"], { cwd: project });
  if (vendored.code === 127) return "cargo is missing";
  if (vendored.code !== 0) return `cargo cannot download ${crate.name} ${crate.version}: ${lastLine(vendored.output)}`;
  const source = ["onednn", "oneDNN", "."].map((name) => join(project, "vendor", crate.name, name)).find(isSource);
  if (source === undefined) return `the crate ${crate.name} ${crate.version} holds no CMakeLists.txt`;
  const build = join(project, "build");
  const configured = await runCommand("cmake", [
    `-S${source}`,
    `-B${build}`,
    "-DCMAKE_BUILD_TYPE=Release",
    `-DCMAKE_INSTALL_PREFIX=${onednnFolder}`,
    "-DCMAKE_INSTALL_LIBDIR=lib",
    "-DONEDNN_CPU_RUNTIME=OMP",
    "-DONEDNN_GPU_RUNTIME=NONE",
    "-DONEDNN_LIBRARY_TYPE=SHARED",
    "-DONEDNN_BUILD_DOC=OFF",
    "-DONEDNN_BUILD_EXAMPLES=OFF",
    "-DONEDNN_BUILD_TESTS=OFF",
    "-DONEDNN_BUILD_GRAPH=OFF",
    "-DONEDNN_ENABLE_WORKLOAD=TRAINING",
    `-DONEDNN_ENABLE_PRIMITIVE=${primitives.join(";")}`,
  ]);
  if (configured.code !== 0) return `CMake refuses oneDNN's source:\n${configured.output}`;
  const built = await runCommand("cmake", ["--build", build, "--target", "install/strip", `-j${jobs}`]);
  return built.code === 0 ? undefined : `oneDNN does not compile:\n${built.output.slice(-2000)}`;
}

/** @param {string} folder */
const isSource = (folder) => existsSync(join(folder, "CMakeLists.txt"));

/** @param {string} output */
const lastLine = (output) => output.trim().split("\n").at(-1);
