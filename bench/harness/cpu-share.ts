import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Limits processes to a share of one CPU, as Lambda limits a function according to its memory. */
export interface CpuShare {
  readonly how: string;
  /** The limit also applies to threads that the process starts later. */
  hold(pid: number): void;
  close(): void;
}

/** This file exists in cgroup v2 only. */
const CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers";
const PERIOD_US = 20_000;
let made = 0;

/**
 * Uses the kernel's own quota (cgroup v2 or v1). Null if this user may not set one; then nothing is measured, because
 * stopping and continuing the process instead would also stop its network.
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
