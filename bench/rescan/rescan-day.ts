/** A rescan of one day, with a store that takes as long to answer as S3. */

import { createFeed } from "../../feed/feed.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { feedTransport } from "../../feed/transport.ts";
import type { RunReport } from "../../lambda/drain/report.ts";
import { rescan } from "../../lambda/drain/rescan.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import { DAY_MS, msToInstant } from "../../lambda/event/instant.ts";
import type { ArchiveStore, Clock } from "../../lambda/ports.ts";
import { defaultSourceSettings } from "../../lambda/source/asana-source.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { createJumpingClock } from "../../test/fakes/clock.ts";
import { createMemoryArchive } from "../../test/fakes/memory-archive.ts";
import { NEVER, openSource, runDeps } from "../../test/fakes/run.ts";
import { openPorts } from "../drain/open-drain.ts";
import type { Meter } from "../harness/child.ts";
import { NOW_MS } from "../harness/now.ts";
import { type ArchivedExtent, archivedCompany } from "../harness/write-archive.ts";
import { countedArchive, noCounts } from "../requests/counted-ports.ts";

export const LATENCY_MS = { store: 25, source: 100 } as const;
/** Keys in one answer of S3. */
const LIST_PAGE = 1000;

export interface RescanInput {
  readonly baseUrl: string;
  readonly directory: string;
}

/** Rescans in real time, over HTTP and a directory. Returns how many events the archive did not have. */
export async function rescanDay(input: RescanInput, meter: Meter): Promise<number> {
  const { deps, close } = openPorts(input);
  meter.begin();
  const { archived } = await rescanOf({ ...deps, archive: farAway(deps.archive, deps.clock) });
  meter.end();
  close();
  return archived;
}

/** Rescans in virtual time, where only waiting takes time. `isSerial`: the store answers one request after the other. */
export async function rescanDayInVirtualTime(directory: string, extent: ArchivedExtent, isSerial: boolean) {
  const clock = createJumpingClock(NOW_MS);
  const company = archivedCompany(extent);
  const feed = createFeed({ latencyMs: LATENCY_MS.source, workspaces: [{ gid: FEED_WORKSPACE, company }] });
  const counts = noCounts();
  const { pages } = await rescanOf(
    runDeps({
      source: openSource({ transport: feedTransport(feed, clock), clock }, defaultSourceSettings),
      archive: countedArchive(farAway(await inMemory(directory), clock, isSerial), counts),
      clock,
    }),
  );
  return { pages, counts, tookMs: clock.now() - NOW_MS };
}

const rescanOf = (deps: RunDeps): Promise<RunReport> => {
  const day = { startAt: msToInstant(NOW_MS - DAY_MS), endAt: msToInstant(NOW_MS) };
  const options = { workspace: FEED_WORKSPACE, what: { kind: "window", ...day } } as const;
  return rescan(deps, options, NEVER);
};

async function inMemory(directory: string): Promise<ArchiveStore> {
  const [from, to] = [createDirectoryArchive(directory), createMemoryArchive()];
  for await (const { key } of from.list("")) await to.create(key, (await from.get(key))!);
  return to;
}

function farAway(archive: ArchiveStore, clock: Clock, isSerial = false): ArchiveStore {
  let before: Promise<unknown> = Promise.resolve();
  const request = <T>(work: () => Promise<T>): Promise<T> => {
    const answer = async () => {
      await clock.sleep(LATENCY_MS.store);
      return await work();
    };
    const answered = isSerial ? before.then(answer) : answer();
    before = answered.catch(() => undefined);
    return answered;
  };
  return {
    async *list(prefix, startAfter) {
      const objects = await Array.fromAsync(archive.list(prefix, startAfter));
      for (let from = 0; from === 0 || from < objects.length; from += LIST_PAGE) {
        yield* await request(async () => objects.slice(from, from + LIST_PAGE));
      }
    },
    get: (key, range) => request(() => archive.get(key, range)),
    create: (key, bytes) => request(() => archive.create(key, bytes)),
  };
}
