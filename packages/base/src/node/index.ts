export { diskError } from "./disk-error.js";
export { DiskStorage } from "./disk-storage.js";
