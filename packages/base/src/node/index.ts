export { DiskStorage } from "./disk-storage.js";
