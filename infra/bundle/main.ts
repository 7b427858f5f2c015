/** `node infra/bundle/main.ts <archiver, sealer or verifier> <folder>`: writes a function's zip file into a folder. */
import { isFunctionName, writeHandlerZip } from "./bundle.ts";

const [name, outdir] = process.argv.slice(2);
if (!isFunctionName(name) || outdir === undefined)
  throw new Error("Usage: node infra/bundle/main.ts <archiver, sealer or verifier> <folder>");
await writeHandlerZip(name, outdir);
