/** A run over stores in memory, on a clock that the test sets, with a source that answers what the test says. */
import type { Limits } from "../../lambda/drain/limits.ts";
import { openRun, type Run, type RunDeps } from "../../lambda/drain/run.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { type Instant, msToInstant } from "../../lambda/event/instant.ts";
import type { CheckpointState, OffsetRefused, Page, PageRequest, PageTooLarge, Span } from "../../lambda/ports.ts";
import type { RunSettings } from "../../lambda/settings.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NOON_MS, runDeps } from "../fakes/run.ts";
import { readLines, sampleEvent, WORKSPACE } from "../segment/sample.ts";

export { NEVER, NOON_MS } from "../fakes/run.ts";

/** An event at a time of 1 May 2026, or at any time. */
export const eventAt = (gid: string, time: string, more: Record<string, unknown> = {}): SourceEvent =>
  sampleEvent(gid, time.includes("T") || time === "" ? time : `2026-05-01T${time}:00.000Z`, more);

export const page = (events: readonly SourceEvent[], offset: string | null, more: Partial<Page> = {}): Page => ({
  kind: "page",
  events,
  offset,
  servedAt: "2026-05-01T12:00:00.000Z" as Instant,
  ...more,
});

/** A span as it is put on the list at noon; `more` says what differs. */
export const spanOf = (from: Instant | null, until: Instant, more: Partial<Span> = {}): Span => ({
  ...{ purpose: "settled", from, until, dueAt: msToInstant(NOON_MS), doubtedAt: null, failedRuns: 0, offset: null },
  ...more,
});

export type Answer =
  | Page
  | OffsetRefused
  | PageTooLarge
  | Error
  | ((request: PageRequest, signal: AbortSignal) => Page);

export async function scriptedRun(
  answers: readonly Answer[] = [],
  options: {
    settings?: Partial<RunSettings>;
    limits?: Partial<Limits>;
    state?: CheckpointState;
    deps?: Partial<RunDeps>;
  } = {},
) {
  const objects = new Map<string, Buffer>();
  const checkpoints = createMemoryCheckpoint();
  if (options.state) await checkpoints.move(WORKSPACE, options.state, null);
  const asked: PageRequest[] = [];
  const said: Record<string, unknown>[] = [];
  const clock = { ms: NOON_MS };
  let progress = 0;
  const deps = runDeps({
    source: {
      page: async (request, signal) => {
        const answer = answers[asked.push(request) - 1];
        if (answer === undefined) throw new Error(`asked ${asked.length} times`);
        if (answer instanceof Error) throw answer;
        return typeof answer === "function" ? answer(request, signal) : answer;
      },
    },
    archive: createMemoryArchive(objects),
    checkpoints,
    clock: { now: () => clock.ms, sleep: async () => undefined },
    log: (level, message, fields) => void said.push({ level, message, ...fields }),
    onProgress: () => {
      progress += 1;
    },
    ...options.deps,
  });
  const { settings = {}, limits = {} } = options;
  const run: Run = await openRun(deps, { workspace: WORKSPACE, settings, limits });
  return {
    run,
    deps,
    objects,
    asked,
    said,
    clock,
    stored: async () => (await checkpoints.read(WORKSPACE))?.state ?? null,
    progressed: () => progress,
    /** `day/number: gid gid`, a segment each, in key order. */
    archived: async (): Promise<string[]> => {
      const rows: string[] = [];
      for (const key of [...objects.keys()].sort()) {
        const gids = (await readLines(objects.get(key)!)).map((line) => JSON.parse(line).gid ?? "-");
        const [, day = "", number = ""] = /dt=([\d-]+)\/0*(\d+)/.exec(key) ?? [];
        rows.push(`${day}/${number}: ${gids.join(" ")}`);
      }
      return rows;
    },
  };
}
