/** A small archive made by the product's own writer, as a map that a test may damage, and what verify says of it. */

import type { Violation } from "../../lambda/archive/invariants.ts";
import { type VerifyOptions, verify } from "../../lambda/archive/verify.ts";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { CheckpointState, LogEnd } from "../../lambda/ports.ts";
import type { PlacedSegment } from "../../lambda/segment/body.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { codec, sampleEvent, sampleEvents, sampleLog, WORKSPACE } from "../segment/sample.ts";

export type Objects = Map<string, Buffer>;

export const DAYS = ["2026-05-01", "2026-05-02", "2026-05-04"] as const;
/** A log of four segments, the third with late events; one of one segment; one of two; and an odd day. */
export const LOGS: readonly (readonly SourceEvent[])[][] = [
  [sampleEvents(5), sampleEvents(4, 10), sampleEvents(2, 6), sampleEvents(3, 20)],
  [sampleEvents(6, 0, DAYS[1])],
  [sampleEvents(2, 0, DAYS[2]), sampleEvents(2, 1000, DAYS[2])],
  [[sampleEvent("odd1", "yesterday"), sampleEvent("odd2", "2019-03-01T00:00:00Z")]],
];

export async function sampleArchive(workspace = WORKSPACE) {
  const logs = await Promise.all(LOGS.map((batches) => sampleLog(batches, { workspace })));
  return { logs, objects: objectsOf(logs.flat()) };
}

export const objectsOf = (segments: readonly PlacedSegment[]): Objects =>
  new Map(segments.map(({ key, bytes }) => [key, bytes]));

export const keyOf = (number: number, day: string = DAYS[0], workspace = WORKSPACE): string =>
  `events/workspace=${workspace}/dt=${day}/${String(number).padStart(6, "0")}.ndjson.gz`;

/** What a checkpoint knows after these segments were written. */
export function hintOf(
  { manifest, manifestHash, bytes }: PlacedSegment,
  idsAtNewest: readonly string[] | null = null,
): LogEnd {
  const { number, logCount, logNewest } = manifest;
  return { number, manifestHash, logCount, logNewest, idsAtNewest, recentIds: null, sizeBytes: bytes.length };
}

export const stateOf = (hints: Record<string, LogEnd>, watermark: string | null = null): CheckpointState => ({
  ...emptyCheckpoint,
  hints,
  watermark: watermark as Instant | null,
});

export async function verifyObjects(
  objects: Objects,
  options: VerifyOptions = {},
  state: CheckpointState | null = null,
) {
  const checkpoints = createMemoryCheckpoint();
  if (state !== null) await checkpoints.move(WORKSPACE, state, null);
  return await verify({ archive: createMemoryArchive(objects), codec, checkpoints }, options);
}

/** `I3 <key>:<line> message`, sorted, keys shortened to day and number. */
export async function faultsOf(objects: Objects, state: CheckpointState | null = null): Promise<string[]> {
  const { faults } = await verifyObjects(objects, {}, state);
  return faults.map(describeViolation).sort();
}

export function describeViolation({ invariant, key, line, message }: Violation): string {
  const short = key.replace(/^events\/workspace=1201\/dt=/, "").replace(".ndjson.gz", "");
  return `${invariant} ${short}${line === undefined ? "" : `:${line}`} ${message}`;
}
