// Loaded before a program: tells what it took, when it ends.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { maxRSS } = process.resourceUsage();
  const { user, system } = process.cpuUsage();
  writeFileSync(
    process.env.BENCH_PEAK_FILE,
    JSON.stringify({ peakBytes: maxRSS * 1024, cpuMs: (user + system) / 1000 }),
  );
});
