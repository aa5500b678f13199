import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Git-ignored folder for stamps, reports and everything else the tools write. */
export const scratch = fileURLToPath(new URL("../../.snapfit/", import.meta.url));
