/** `drain --every`: a schedule for each workspace, which goes on whatever a run ends with, but "halted". */
import type { Clock } from "../lambda/ports.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { formatDuration, formatLocalTime, plural } from "./terminal.ts";

/** One workspace's work. Both print the report of their run and return its exit code; an interruption is thrown. */
export interface ScheduledWork {
  readonly workspace: string;
  drain(): Promise<ExitCode>;
  rescan(): Promise<ExitCode>;
}

/** Prints what the schedule itself has to say, as JSON or as text; the runs print their own reports. */
export type Tell = (event: Readonly<Record<string, unknown>>, text: string) => void;

/** How often the due rescans are done: as often as the schedule on AWS. */
const RESCAN_EVERY_MS = 3_600_000;
/** Intervals get longer while runs fail, up to this, or stay as they are if they are longer. */
const LONGEST_INTERVAL_MS = 3_600_000;

interface Schedule {
  readonly work: ScheduledWork;
  /** When it was run last, and how long after that it waits. */
  lastAtMs: number;
  waitMs: number;
  rescannedAtMs: number;
  failures: number;
  failingSinceMs: number;
  isHalted: boolean;
}

/**
 * Repeats until `signal` aborts, which is its normal end, or until every workspace is halted. All runs are made one after
 * the other. Returns `EXIT.halted` if a workspace is halted.
 */
export async function repeat(
  works: readonly ScheduledWork[],
  everyMs: number,
  clock: Clock,
  tell: Tell,
  signal: AbortSignal,
): Promise<ExitCode> {
  const schedules = works.map(
    (work): Schedule => ({
      work,
      lastAtMs: clock.now(),
      waitMs: 0,
      rescannedAtMs: Number.NEGATIVE_INFINITY,
      failures: 0,
      failingSinceMs: 0,
      isHalted: false,
    }),
  );
  try {
    for (;;) {
      const next = soonest(schedules.filter(({ isHalted }) => !isHalted));
      if (next === null) break;
      // Never longer than the interval, even where the clock has been set back meanwhile.
      const leftMs = Math.min(next.lastAtMs + next.waitMs - clock.now(), next.waitMs);
      if (leftMs > 0) await clock.sleep(leftMs, signal);
      signal.throwIfAborted();
      await runOnce(next);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return schedules.some(({ isHalted }) => isHalted) ? EXIT.halted : EXIT.done;

  async function runOnce(schedule: Schedule): Promise<void> {
    const startedAtMs = clock.now();
    schedule.lastAtMs = startedAtMs;
    const drained = await schedule.work.drain();
    const isRescanDue = Math.abs(startedAtMs - schedule.rescannedAtMs) >= RESCAN_EVERY_MS;
    // A source or a setting that refuses the one refuses the other.
    const rescanned = isRescanDue && !isRefusal(drained) ? await schedule.work.rescan() : null;
    if (rescanned === EXIT.done) schedule.rescannedAtMs = startedAtMs;
    settle(schedule, drained === EXIT.done ? (rescanned ?? drained) : drained);
  }

  function settle(schedule: Schedule, code: ExitCode): void {
    if (signal.aborted) return; // it was cut off, and has not failed
    const { workspace } = schedule.work;
    if (code === EXIT.halted) {
      schedule.isHalted = true;
      tell(
        { workspace, halted: true },
        `${workspace}: left out from now on. Look at the error above, then start again.`,
      );
      return;
    }
    if (code === EXIT.done) {
      const since = formatLocalTime(schedule.failingSinceMs);
      if (schedule.failures > 0)
        tell({ workspace, failures: 0 }, `${workspace}: works again; it had failed since ${since}`);
      schedule.failures = 0;
      schedule.waitMs = everyMs;
      return;
    }
    if (schedule.failures === 0) schedule.failingSinceMs = schedule.lastAtMs;
    schedule.failures += 1;
    schedule.waitMs = Math.min(everyMs * 2 ** (schedule.failures - 1), Math.max(everyMs, LONGEST_INTERVAL_MS));
    const nextAtMs = Math.max(clock.now(), schedule.lastAtMs + schedule.waitMs);
    const failures = plural(schedule.failures, "failure");
    tell(
      { workspace, failures: schedule.failures, nextAt: new Date(nextAtMs).toISOString() },
      `${workspace}: ${failures} in a row; the next try is at ${formatLocalTime(nextAtMs)}, in ${formatDuration(nextAtMs - clock.now())}`,
    );
  }
}

const isRefusal = (code: ExitCode): boolean => code === EXIT.refused || code === EXIT.misused || code === EXIT.halted;

const soonest = (schedules: readonly Schedule[]): Schedule | null =>
  schedules.toSorted((a, b) => a.lastAtMs + a.waitMs - (b.lastAtMs + b.waitMs))[0] ?? null;
