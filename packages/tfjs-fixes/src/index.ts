export { applyFixes } from "./apply-fixes.js";
export type { Fix } from "./fix.js";
