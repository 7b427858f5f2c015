import { readFileSync } from "node:fs";

/**
 * Peak resident memory of this process. The kernel's `ru_maxrss` (`process.resourceUsage().maxRSS`) begins with what the
 * process had that started this one, which may hold gigabytes of a bench; `VmHWM` begins anew with the program.
 */
export function peakBytes() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024; // not Linux
  }
}
