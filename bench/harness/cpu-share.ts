import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A part of one CPU that processes can be held to, as Lambda holds a function by its memory size. */
export interface CpuShare {
  readonly how: string;
  /** Threads that the process starts from then on are held, too. */
  hold(pid: number): void;
  close(): void;
}

/** There in cgroup v2 only. */
const CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers";
const PERIOD_US = 20_000;
let made = 0;

/**
 * By the kernel's own quota (cgroup v2 or v1). Null where this user may not set one: then there is no such figure,
 * since stopping and continuing a process stops its sockets' clock as well.
 */
export function openCpuShare(cpus: number): CpuShare | null {
  const name = `bench-${process.pid}-${made++}`;
  const quotaUs = Math.round(PERIOD_US * cpus);
  return (
    tryOpen("cgroup v2", join("/sys/fs/cgroup", name), { "cpu.max": `${quotaUs} ${PERIOD_US}` }) ??
    tryOpen("cgroup v1", join("/sys/fs/cgroup/cpu", name), {
      "cpu.cfs_period_us": String(PERIOD_US),
      "cpu.cfs_quota_us": String(quotaUs),
    })
  );
}

function tryOpen(how: string, folder: string, limits: Readonly<Record<string, string>>): CpuShare | null {
  // Elsewhere a folder of that name would be just a folder.
  if (!Object.keys(limits).every((file) => existsSync(join(dirname(folder), file)) || existsSync(CONTROLLERS)))
    return null;
  try {
    mkdirSync(folder);
  } catch {
    return null;
  }
  const close = () => rmdirSync(folder);
  try {
    for (const [file, text] of Object.entries(limits)) writeFileSync(join(folder, file), text);
    return { how, hold: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)), close };
  } catch {
    close();
    return null;
  }
}
