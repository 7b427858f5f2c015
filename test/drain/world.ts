/** One workspace on a feed, an archive and a checkpoint in memory, and a clock that the test moves. */
import { expect } from "vitest";
import { createFeed } from "../../feed/feed.ts";
import { FEED_WORKSPACE, type FeedOptions } from "../../feed/options.ts";
import { feedTransport } from "../../feed/transport.ts";
import { drain } from "../../lambda/drain/drain.ts";
import type { Limits } from "../../lambda/drain/limits.ts";
import type { RunReport } from "../../lambda/drain/report.ts";
import { type RescanWhat, rescan } from "../../lambda/drain/rescan.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import { type Instant, instantToMs, msToInstant } from "../../lambda/event/instant.ts";
import type { ArchiveStore, CheckpointStore } from "../../lambda/ports.ts";
import { parseSegmentKey } from "../../lambda/segment/key.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import type { RunSettings } from "../../lambda/settings.ts";
import { createVirtualClock } from "../fakes/clock.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER, openSource, runDeps } from "../fakes/run.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";

export const WORKSPACE = FEED_WORKSPACE;
export const NOON = "2026-05-01T12:00:00.000Z";

export interface WorldOptions extends FeedOptions {
  readonly now?: string;
  readonly settings?: Partial<RunSettings>;
  /** Of the run; `limits` are the feed's. */
  readonly runLimits?: Partial<Limits>;
}

export function createWorld({ now = NOON, settings = {}, runLimits = {}, ...feedOptions }: WorldOptions = {}) {
  const clock = createVirtualClock(instantToMs(now as Instant));
  const feed = createFeed({ limits: null, ...feedOptions });
  const archive = createMemoryArchive();
  const checkpoints = createMemoryCheckpoint();
  const codec = createSyncCodec(1);
  const said: { level: string; message: string }[] = [];
  let runs = 0;
  let gids = 0;

  const deps = (other: Partial<RunDeps> = {}): RunDeps => {
    const log = (level: string, message: string) => void said.push({ level, message });
    const source = openSource({ transport: feedTransport(feed, clock), clock, log });
    return runDeps({ source, archive, checkpoints, clock, codec, log, runId: `run-${++runs}`, ...other });
  };

  /** Lets time pass while the run waits for anything. */
  const waited = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const finished = work.finally(() => {
      isDone = true;
    });
    finished.catch(() => undefined);
    while (!isDone) await clock.advance(clock.sleeping > 0 ? 1000 : 0);
    return await finished;
  };

  return {
    clock,
    feed,
    archive,
    checkpoints,
    said,
    deps,
    requests: () => feed.requests.length,
    now: () => msToInstant(clock.now()),
    pass: (ms: number) => clock.advance(ms),
    /** Puts an event into the feed; returns its exact text. */
    emit: (createdAt: string, options: { gid?: string; visibleAt?: string; extra?: object } = {}): string => {
      const gid = options.gid ?? String(1000 + ++gids);
      const text = JSON.stringify({ gid, created_at: createdAt, event_type: "user_login_succeeded", ...options.extra });
      feed.append(WORKSPACE, text, options.visibleAt === undefined ? undefined : Date.parse(options.visibleAt));
      return text;
    },
    drain: (other: Partial<RunDeps> = {}, signal = NEVER): Promise<RunReport> =>
      waited(drain(deps(other), { workspace: WORKSPACE, settings, limits: runLimits }, signal)),
    rescan: (what: RescanWhat, other: Partial<RunDeps> = {}): Promise<RunReport> =>
      waited(rescan(deps(other), { workspace: WORKSPACE, what, settings, limits: runLimits }, NEVER)),
    keys: async (): Promise<string[]> => (await Array.fromAsync(archive.list(""))).map(({ key }) => key),
    lines: (day?: string): Promise<string[]> => archivedLines(archive, day),
    checkpoint: () => checkpoints.read(WORKSPACE),
    /** The archive holds what the feed shows by now: each event once, byte for byte. */
    expectComplete: async (): Promise<void> => {
      const shown = [...feed.lines(WORKSPACE, { visibleByMs: clock.now() })].map(({ line }) => line.toString());
      expect((await archivedLines(archive)).sort()).toEqual(shown.sort());
    },
  };
}

export type World = ReturnType<typeof createWorld>;
export type Stores = { readonly archive: ArchiveStore; readonly checkpoints: CheckpointStore };

export async function archivedLines(archive: ArchiveStore, day?: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { key } of archive.list("events/")) {
    if (day !== undefined && parseSegmentKey(key)?.day !== day) continue;
    const bytes = await archive.get(key);
    for await (const chunk of segmentLines(bytes!, createSyncCodec())) lines.push(...chunk.map(String));
  }
  return lines;
}
