/** `node infra/bundle/main.ts <folder>`: bundles the function into a folder. */
import { bundleHandler } from "./bundle.ts";

const [outdir] = process.argv.slice(2);
if (outdir === undefined) throw new Error("Usage: node infra/bundle/main.ts <folder>");
await bundleHandler(outdir);
