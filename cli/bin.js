#!/usr/bin/env node
// Plain JavaScript, so that a node too old for the rest can still say so.
import { enableCompileCache } from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `asana-audit-archive: this is node ${process.versions.node}, and node 22.18 or newer is needed.\n` +
      "  In a checkout, `npm ci` brings a node of its own: start it with `npm run -s archive -- <command>`.\n",
  );
  process.exit(2);
}
enableCompileCache();
await import("./main.ts");
