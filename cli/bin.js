#!/usr/bin/env node
// Plain JavaScript, and no name that an old node's modules lack, so that it can still say that it is too old.
import module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `asana-audit-archive: this is node ${process.versions.node}, and node 22.18 or newer is needed.\n` +
      "  In a checkout, `npm ci` brings a node of its own: start it with `npm run -s archive -- <command>`.\n",
  );
  process.exit(2);
}
module.enableCompileCache();
await import("./main.ts");
