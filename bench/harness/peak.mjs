// Loaded before a program: tells what it took, when it ends.
import { writeFileSync } from "node:fs";
import { peakBytes } from "./peak-bytes.mjs";

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.BENCH_PEAK_FILE, JSON.stringify({ peakBytes: peakBytes(), cpuMs: (user + system) / 1000 }));
});
