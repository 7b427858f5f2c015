#!/usr/bin/env node
import "./check-node.js";
import v8 from "node:v8";

// What lambda/small-heap.ts does and why; before the cache is opened, which keeps programs by flags.
v8.setFlagsFromString("--semi-space-growth-factor=1");
v8.setFlagsFromString("--heap-growing-percent=100");
const { openCompileCache } = await import("./compile-cache.js");
openCompileCache(process.env);
await import("./main.ts").catch(async (error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const name = /package '([^']+)'/.exec(error.message)?.[1] ?? "it needs";
  const { isCheckout } = await import("./check-node.js");
  const advice = isCheckout
    ? "Run `npm ci` in the checkout."
    : "Install asana-audit-archive again, together with its dependencies.";
  process.stderr.write(`asana-audit-archive: the package ${name} is not installed.\n  ${advice}\n`);
  process.exit(2);
});
