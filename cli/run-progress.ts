/** What the bar says of a run: how far it is, how fast, how long it still takes, and what it waits for. */
import type { RunReport } from "../lambda/drain/report.ts";
import { instantToMs } from "../lambda/event/instant.ts";
import type { Clock } from "../lambda/ports.ts";
import type { Progress } from "./progress.ts";
import { formatCount, formatDuration } from "./terminal.ts";

export interface RunProgress {
  readonly onProgress: (report: RunReport) => void;
  readonly onWait: (delayMs: number, isNamed: boolean) => void;
}

/** Before this much of the way and of time, a rate says little. */
const LEAST_SHARE = 0.01;
const LEAST_MS = 3_000;

export function createRunProgress(progress: Progress, clock: Pick<Clock, "now">, workspace: string): RunProgress {
  const startedAtMs = clock.now();
  let beganAtMs: number | null = null;
  let share = 0;
  let told = workspace;
  let wait = { untilMs: Number.NEGATIVE_INFINITY, isNamed: false };
  let events = 0;
  const text = (): string => `${told}${waiting() ?? pace()}`;

  return {
    onProgress: (report) => {
      const position = report.position ?? report.watermark;
      events = report.events;
      told = `${workspace}  ${position?.slice(0, 10) ?? ""}  ${formatCount(report.archived)} archived`;
      if (position !== null) {
        const atMs = instantToMs(position);
        beganAtMs ??= atMs;
        const endMs = report.servedAt === null ? clock.now() : instantToMs(report.servedAt);
        share = endMs > beganAtMs ? (atMs - beganAtMs) / (endMs - beganAtMs) : 1;
      }
      progress.show(share, text);
    },
    onWait: (delayMs, isNamed) => {
      const untilMs = clock.now() + delayMs;
      // What the source asks for holds for every request; what one of them waits by itself does not.
      if (isNamed || !wait.isNamed || wait.untilMs <= clock.now()) wait = { untilMs, isNamed };
      progress.show(share, text);
    },
  };

  function waiting(): string | null {
    const leftMs = wait.untilMs - clock.now();
    if (leftMs <= 0) return null;
    const seconds = formatDuration(Math.ceil(leftMs / 1000) * 1000).replace(".0 s", " s");
    return wait.isNamed ? `  waiting ${seconds}, as Asana asked` : `  asking again in ${seconds}`;
  }

  function pace(): string {
    const elapsedMs = clock.now() - startedAtMs;
    if (elapsedMs < LEAST_MS || events === 0) return "";
    const rate = `  ${formatCount(Math.round((events * 1000) / elapsedMs))} events/s`;
    if (share < LEAST_SHARE || share >= 1) return rate;
    return `${rate}  ${formatDuration((elapsedMs * (1 - share)) / share)} left`;
  }
}
