/** `node infra/bundle/main.ts <archiver, sealer or verifier> <folder>`: bundles a function into a folder. */
import { bundleHandler, isFunctionName } from "./bundle.ts";

const [name, outdir] = process.argv.slice(2);
if (!isFunctionName(name) || outdir === undefined)
  throw new Error("Usage: node infra/bundle/main.ts <archiver, sealer or verifier> <folder>");
await bundleHandler(name, outdir);
