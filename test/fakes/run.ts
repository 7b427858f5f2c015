/** What a test or a bench needs to start a run: it names what matters to it, and gets the rest from here. */
import { FEED_TOKEN } from "../../feed/options.ts";
import type { RunDeps } from "../../lambda/drain/run.ts";
import type { EventSource } from "../../lambda/ports.ts";
import {
  createAsanaSource,
  defaultSourceSettings,
  type SourceDeps,
  type SourceSettings,
} from "../../lambda/source/asana-source.ts";
import { createJumpingClock } from "./clock.ts";
import { createMemoryArchive } from "./memory-archive.ts";
import { createMemoryCheckpoint } from "./memory-checkpoint.ts";
import { createSyncCodec } from "./sync-codec.ts";

export const NOON_MS = Date.parse("2026-05-01T12:00:00.000Z");

/** A signal that never aborts. */
export const NEVER = new AbortController().signal;

/** A token that is never replaced by another. */
export const fixedToken = (token: string): SourceDeps["tokens"] => ({
  current: async () => token,
  renew: async () => null,
});

/** The product's source over a transport, with a feed's token and without a pace. */
export function openSource(
  deps: Pick<SourceDeps, "transport" | "clock"> & Partial<SourceDeps>,
  settings: Partial<SourceSettings> = {},
): EventSource {
  return createAsanaSource(
    { tokens: fixedToken(FEED_TOKEN), random: () => 0.5, log: () => undefined, ...deps },
    { ...defaultSourceSettings, requestsPerSecond: 1e9, ...settings },
  );
}

/** The ports of a run: stores in memory, a clock that jumps from noon of 1 May 2026 on, a codec that works at once. */
export const runDeps = (given: Pick<RunDeps, "source"> & Partial<RunDeps>): RunDeps => ({
  archive: createMemoryArchive(),
  checkpoints: createMemoryCheckpoint(),
  clock: createJumpingClock(NOON_MS),
  codec: createSyncCodec(),
  log: () => undefined,
  writer: "0.1.0",
  runId: "run-1",
  ...given,
});
