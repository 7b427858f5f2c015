/** A small archive as the product makes it: two workspaces on simulated feeds, drained again and again over days. */

import { createCompany } from "../../feed/company.ts";
import { createFeed } from "../../feed/feed.ts";
import { createRandom } from "../../feed/random.ts";
import { feedTransport } from "../../feed/transport.ts";
import { drain } from "../../lambda/drain/drain.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import type { CheckpointStore } from "../../lambda/ports.ts";
import { createJumpingClock } from "../fakes/clock.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { NEVER, openSource, runDeps } from "../fakes/run.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";

export type Objects = Map<string, Buffer>;

export interface RealArchive {
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly checkpoints: CheckpointStore;
}

export const WORKSPACES = ["1201", "1202"] as const;
export const codec = createSyncCodec();
const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse("2026-05-01T09:00:00Z");

/** Days and sizes vary with the seed: 2 to 4 days, 60 to 260 events a workspace, 1 to 8 segments a day. */
export async function makeRealArchive(seed: string | number): Promise<RealArchive> {
  const objects: Objects = new Map();
  const checkpoints = createMemoryCheckpoint();
  for (const workspace of WORKSPACES) {
    const random = createRandom("real archive", seed, workspace);
    const toMs = FROM_MS + (30 + random.int(55)) * HOUR_MS;
    const feed = createFeed({
      seed,
      limits: null,
      workspaces: [{ gid: workspace, company: companyOf(seed, random, toMs) }],
    });
    for (const createdAt of ["yesterday", "2019-03-01T00:00:00Z"]) {
      const event = { gid: `odd ${createdAt}`, created_at: createdAt, event_type: "user_login_succeeded" };
      const shownAtMs = FROM_MS + random.int(toMs - FROM_MS);
      feed.append(workspace, event, shownAtMs, shownAtMs);
    }
    let runs = 0;
    for (let nowMs = FROM_MS + HOUR_MS; nowMs < toMs + 2 * HOUR_MS; nowMs += (1 + random.int(9)) * HOUR_MS) {
      const clock = createJumpingClock(nowMs);
      const source = openSource({ transport: feedTransport(feed, clock), clock });
      const archive = createMemoryArchive(objects);
      const run = runDeps({ source, archive, checkpoints, clock, codec, runId: `run-${++runs}` });
      const settings = { batchEvents: 5 + random.int(60), pageLimit: 25 };
      await drain(run, { workspace, settings }, NEVER);
      if (random.chance(0.2))
        await rescan(run, { workspace, settings: { pageLimit: 25 }, what: { kind: "last", ms: 6 * HOUR_MS } }, NEVER);
    }
  }
  return { objects, checkpoints };
}

const companyOf = (seed: string | number, random: ReturnType<typeof createRandom>, toMs: number) =>
  createCompany({
    seed: `${seed} ${random.int(1e9)}`,
    people: 12,
    fromMs: FROM_MS,
    toMs,
    events: 60 + random.int(200),
    burstsPerDay: 0,
    lateRate: 0.03,
    lateMaxMs: 20 * HOUR_MS,
  });
