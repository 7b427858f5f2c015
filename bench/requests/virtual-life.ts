/**
 * A workspace on a virtual clock, archived by the real core on the deployed schedule. Counts every request, and measures the
 * CPU time of its thread, less the feed's.
 */
import { createCompany } from "../../feed/company.ts";
import { createFeed, type Feed } from "../../feed/feed.ts";
import { FEED_WORKSPACE, type FeedOptions } from "../../feed/options.ts";
import { feedTransport } from "../../feed/transport.ts";
import { drain } from "../../lambda/drain/drain.ts";
import type { Limits } from "../../lambda/drain/limits.ts";
import type { RunReport } from "../../lambda/drain/report.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import { DAY_MS } from "../../lambda/event/instant.ts";
import { defaultSourceSettings } from "../../lambda/source/asana-source.ts";
import { createJumpingClock } from "../../test/fakes/clock.ts";
import { createMemoryArchive } from "../../test/fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../../test/fakes/memory-checkpoint.ts";
import { NEVER, openSource, runDeps } from "../../test/fakes/run.ts";
import { createSyncCodec } from "../../test/fakes/sync-codec.ts";
import { countedArchive, countedCheckpoint, noCounts, type PortCounts } from "./counted-ports.ts";

/** How often a measured workspace is drained. */
export const EVERY_MS = 300_000;

const millis = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

export interface Life {
  /** History before the first run, in days, and days to come. */
  readonly daysBefore: number;
  readonly daysAfter: number;
  readonly eventsPerDay: number;
  readonly latencyMs: number;
  readonly level?: number;
  readonly feed?: FeedOptions;
}

export function openLife({ daysBefore, daysAfter, eventsPerDay, latencyMs, level = 1, feed: switches }: Life) {
  const startMs = Date.parse("2026-06-01T00:00:00Z");
  const fromMs = startMs - daysBefore * DAY_MS;
  const toMs = startMs + daysAfter * DAY_MS;
  const company = createCompany({ seed: 7, fromMs, toMs, eventsPerDay });
  const feed = createFeed({ seed: 7, latencyMs, workspaces: [{ gid: FEED_WORKSPACE, company }], ...switches });
  const clock = createJumpingClock(startMs);
  let memory = createMemoryArchive();
  let checkpoints = createMemoryCheckpoint();
  let counts: PortCounts = noCounts();
  let feedCpuMs = 0;
  const meteredFeed: Feed = {
    ...feed,
    handle: (...request) => {
      const before = process.threadCpuUsage();
      const response = feed.handle(...request);
      feedCpuMs += millis(process.threadCpuUsage(before));
      return response;
    },
  };
  const deps = () =>
    runDeps({
      source: openSource({ transport: feedTransport(meteredFeed, clock), clock }, defaultSourceSettings),
      archive: countedArchive(memory, counts),
      checkpoints: countedCheckpoint(checkpoints, counts),
      clock,
      codec: createSyncCodec(level),
    });
  const counted = async (work: () => Promise<RunReport>) => {
    counts = noCounts();
    feedCpuMs = 0;
    const requestsBefore = feed.requests.length;
    const begunMs = clock.now();
    // The core works in this thread only. V8's other threads collect garbage, most of which the feed made in earlier runs.
    const cpuBefore = process.threadCpuUsage();
    const report = await work();
    const cpuMs = millis(process.threadCpuUsage(cpuBefore)) - feedCpuMs;
    const sourceRequests = feed.requests.length - requestsBefore;
    return { report, counts, sourceRequests, cpuMs, tookMs: clock.now() - begunMs };
  };
  const drainNow = (limits: Partial<Limits> = {}, until = NEVER) =>
    counted(() => drain(deps(), { workspace: FEED_WORKSPACE, limits }, until));
  const waitUntil = (ms: number) => clock.sleep(Math.max(0, ms - clock.now()));
  return {
    feed,
    get archive() {
      return memory;
    },
    clock,
    startMs,
    drain: drainNow,
    /** One drain as Lambda runs it: after `budgetMs` it is told that time is up. */
    drainFor: async (budgetMs: number) => {
      const [timeIsUp, ended] = [new AbortController(), new AbortController()];
      clock.sleep(budgetMs, ended.signal).then(
        () => timeIsUp.abort(new DOMException("The run's time is up.", "TimeoutError")),
        () => undefined,
      );
      try {
        return await drainNow({}, timeIsUp.signal);
      } finally {
        ended.abort();
      }
    },
    /** Begins a new archive of the same workspace. */
    startAnew: () => {
      memory = createMemoryArchive();
      checkpoints = createMemoryCheckpoint();
    },
    rescan: () => counted(() => rescan(deps(), { workspace: FEED_WORKSPACE, what: { kind: "due" } }, NEVER)),
    waitUntil,
    /** A drain every `everyMs`, until `untilMs` after the start. */
    async *drains(everyMs: number, untilMs: number) {
      for (let atMs = everyMs; atMs <= untilMs; atMs += everyMs) {
        await waitUntil(startMs + atMs);
        yield { atMs, ...(await drainNow()) };
      }
    },
  };
}
