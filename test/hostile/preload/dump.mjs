// Leaves behind what a crash would: node's report, which holds the command line and the environment, and the latter by itself.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.DUMP;
mkdirSync(folder, { recursive: true });
process.on("exit", () => {
  const name = join(folder, String(process.pid));
  process.report.writeReport(`${name}.report.json`, new Error("at the end"));
  writeFileSync(`${name}.environment.json`, JSON.stringify(process.env));
});
