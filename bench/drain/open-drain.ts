/** The drain as the command line starts it, with its defaults, but without a limit of requests per second. */

import { FEED_WORKSPACE } from "../../feed/options.ts";
import { drain } from "../../lambda/drain/drain.ts";
import type { RunReport } from "../../lambda/drain/report.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { keepHeapSmall } from "../../lambda/small-heap.ts";
import { createHttpsTransport } from "../../lambda/source/https-transport.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { systemClock } from "../../lambda/system-clock.ts";
import { NEVER, openSource, runDeps } from "../../test/fakes/run.ts";
import type { DrainInput } from "./variants.ts";

export function openDrain({ settings, limits, ...place }: DrainInput): {
  run(): Promise<RunReport>;
  close(): void;
} {
  const { deps, close } = openPorts(place);
  const options = { workspace: FEED_WORKSPACE, ...(settings && { settings }), ...(limits && { limits }) };
  return { run: () => drain(deps, options, NEVER), close };
}

export function openPorts({ baseUrl, directory }: Pick<DrainInput, "baseUrl" | "directory">): {
  readonly deps: RunDeps;
  close(): void;
} {
  keepHeapSmall();
  const transport = createHttpsTransport();
  const deps = runDeps({
    source: openSource({ transport, clock: systemClock }, { baseUrl }),
    ...(directory !== undefined && { archive: createDirectoryArchive(directory) }),
    clock: systemClock,
    codec: createStreamingCodec(),
  });
  return { deps, close: () => transport.close() };
}
