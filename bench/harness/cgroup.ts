import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A limit that the kernel puts on processes, as Lambda limits a function according to its memory. */
export interface Cgroup {
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
 * A share of one CPU, by the kernel's own quota. Null if this user may not set one; then nothing is measured, because
 * stopping and continuing the process instead would also stop its network.
 */
export function openCpuShare(cpus: number): Cgroup | null {
  const quotaUs = Math.round(PERIOD_US * cpus);
  return openCgroup(
    "cpu",
    { "cpu.max": `${quotaUs} ${PERIOD_US}` },
    { "cpu.cfs_period_us": String(PERIOD_US), "cpu.cfs_quota_us": String(quotaUs) },
  );
}

/** A process that needs more memory than this is killed. Null where this user may not set a limit. */
export const openMemoryLimit = (bytes: number): Cgroup | null =>
  openCgroup("memory", { "memory.max": String(bytes) }, { "memory.limit_in_bytes": String(bytes) });

type Values = Readonly<Record<string, string>>;

function openCgroup(controller: string, v2: Values, v1: Values): Cgroup | null {
  const name = `bench-${process.pid}-${made++}`;
  return (
    tryOpen("cgroup v2", join("/sys/fs/cgroup", name), v2) ??
    tryOpen("cgroup v1", join("/sys/fs/cgroup", controller, name), v1)
  );
}

function tryOpen(how: string, folder: string, limits: Values): Cgroup | null {
  // Where there is no such cgroup, this would create an ordinary folder.
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
