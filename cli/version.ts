import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** Of this package; every segment names the version that wrote it. */
export const { version } = JSON.parse(text) as { readonly version: string };
