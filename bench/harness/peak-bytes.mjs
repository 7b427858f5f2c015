import { readFileSync } from "node:fs";

/**
 * Peak resident memory of this process. `process.resourceUsage().maxRSS` (the kernel's `ru_maxrss`) is never less than what
 * the parent process held when it started this one, and a bench may hold gigabytes. The kernel's `VmHWM` begins at zero.
 */
export function peakBytes() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024; // not Linux
  }
}
