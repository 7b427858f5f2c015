/** The drain as the command line starts it, with its defaults; but for the pace, since the feed stands for no one's limit. */

import { FEED_TOKEN, FEED_WORKSPACE } from "../../feed/options.ts";
import { drain } from "../../lambda/drain/drain.ts";
import type { RunReport } from "../../lambda/drain/report.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { keepHeapSmall } from "../../lambda/small-heap.ts";
import { createAsanaSource, defaultSourceSettings } from "../../lambda/source/asana-source.ts";
import { createHttpsTransport } from "../../lambda/source/https-transport.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { systemClock } from "../../lambda/system-clock.ts";
import { createMemoryArchive } from "../../test/fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../../test/fakes/memory-checkpoint.ts";
import type { DrainInput } from "./variants.ts";

export function openDrain({ settings, limits, ...place }: DrainInput): {
  run(): Promise<RunReport>;
  close(): void;
} {
  const { deps, close } = openPorts(place);
  const options = { workspace: FEED_WORKSPACE, ...(settings && { settings }), ...(limits && { limits }) };
  return { run: () => drain(deps, options, new AbortController().signal), close };
}

export function openPorts({ baseUrl, directory }: Pick<DrainInput, "baseUrl" | "directory">): {
  readonly deps: RunDeps;
  close(): void;
} {
  keepHeapSmall();
  const transport = createHttpsTransport();
  const source = createAsanaSource(
    {
      transport,
      tokens: { current: async () => FEED_TOKEN, renew: async () => null },
      clock: systemClock,
      random: Math.random,
      log: () => undefined,
    },
    { ...defaultSourceSettings, baseUrl, requestsPerSecond: 100_000 },
  );
  const deps = {
    source,
    archive: directory === undefined ? createMemoryArchive() : createDirectoryArchive(directory),
    checkpoints: createMemoryCheckpoint(),
    clock: systemClock,
    codec: createStreamingCodec(),
    log: () => undefined,
    writer: "bench",
    runId: "bench",
  };
  return { deps, close: () => transport.close() };
}
