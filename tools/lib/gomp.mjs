import { downloadWheel } from "./python-wheel.mjs";
import { readZip } from "./zip.mjs";

/** The system's libgomp asks for the system's glibc; this wheel carries one that is content with 2.17. */
const wheel = {
  name: "scikit-learn",
  version: "1.7.2",
  file: "scikit_learn-1.7.2-cp310-cp310-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
  sha256: "7a58814265dfc52b3295b1900cfb5701589d30a8bb026c7540f1e9d3499d5ec8",
  options: ["--platform=manylinux2014_x86_64", "--python-version=3.10"],
};

/** GNU OpenMP for old systems, with its licence. @returns {Promise<{ library: Buffer, licence: string } | { problem: string }>} */
export async function portableGomp() {
  const result = await downloadWheel(wheel);
  if ("problem" in result) return result;
  const files = readZip(result.path, (name) => /\/libgomp-[^/]*\.so|\/COPYING$/.test(name));
  const library = files.find(({ name }) => name.includes("libgomp"));
  const copying = files.find(({ name }) => name.endsWith("COPYING"))?.bytes.toString("utf8");
  const licence = copying?.slice(copying.indexOf("Name: GCC runtime library"));
  if (library === undefined || !licence?.startsWith("Name")) return { problem: `${wheel.file} holds no libgomp with its licence` };
  const name = library.name.slice(library.name.lastIndexOf("/") + 1);
  return {
    library: renamed(library.bytes, name, "libgomp.so.1"),
    licence: licence.replace(`scikit_learn.libs/libgomp*.so*`, "libgomp.so.1"),
  };
}

/** The wheel's tool gave the library a name of its own, which stands in its table of strings. @param {Buffer} library @param {string} from @param {string} to */
function renamed(library, from, to) {
  const copy = Buffer.from(library);
  for (let at = copy.indexOf(`${from}\0`); at >= 0; at = copy.indexOf(`${from}\0`)) copy.fill(0, at, at + from.length).write(to, at);
  return copy;
}
