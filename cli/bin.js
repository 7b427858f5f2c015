#!/usr/bin/env node
// Plain JavaScript, and no name that an old node's modules lack, so that it can still say that it is too old.
import v8 from "node:v8";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `asana-audit-archive: this is node ${process.versions.node}, and node 22.18 or newer is needed.\n` +
      "  In a checkout, `npm ci` brings a node of its own: start it with `npm run -s archive -- <command>`.\n",
  );
  process.exit(2);
}
// What lambda/small-heap.ts does and why; before the cache is opened, which keeps programs by flags.
v8.setFlagsFromString("--semi-space-growth-factor=1");
v8.setFlagsFromString("--heap-growing-percent=100");
const { openCompileCache } = await import("./compile-cache.js");
openCompileCache(process.env);
await import("./main.ts");
