/** Events and segments for tests, made by the product's own writer. */
import { createEvent, type SourceEvent } from "../../lambda/event/event.ts";
import { type BodyWriter, createBodyWriter, type PlacedSegment, placeSegment } from "../../lambda/segment/body.ts";
import type { Codec } from "../../lambda/segment/codec.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";

export const WORKSPACE = "1201";
export const DAY = "2026-05-01";
export const codec: Codec = createSyncCodec();

export function sampleEvent(gid: string, at: string, more: Record<string, unknown> = {}): SourceEvent {
  return createEvent(
    gid,
    at,
    Buffer.from(JSON.stringify({ gid, created_at: at, event_type: "user_login_succeeded", ...more })),
  );
}

/** `count` events of a day, a second apart from `fromSecond` on; the second is the gid. */
export const sampleEvents = (count: number, fromSecond = 0, day = DAY): SourceEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const second = fromSecond + index;
    const at = new Date(Date.parse(`${day}T00:00:00Z`) + second * 1000).toISOString();
    return sampleEvent(`${day.replaceAll("-", "")}${String(second).padStart(6, "0")}`, at);
  });

export async function fillBody(writer: BodyWriter, events: readonly SourceEvent[], pageSize = 1000) {
  for (let from = 0; from < events.length; from += pageSize) {
    for (const event of events.slice(from, from + pageSize)) writer.add(event);
    await writer.flush();
  }
  return writer.finish();
}

/** A day log of one segment a batch. */
export async function sampleLog(
  batches: readonly (readonly SourceEvent[])[],
  place: { workspace?: string; day?: string } = {},
): Promise<PlacedSegment[]> {
  const segments: PlacedSegment[] = [];
  for (const [index, events] of batches.entries()) {
    const last = segments.at(-1);
    const body = await fillBody(createBodyWriter(codec), events);
    const previous = last && { manifestHash: last.manifestHash, ...last.manifest };
    segments.push(
      placeSegment(body, {
        workspace: place.workspace ?? WORKSPACE,
        day: place.day ?? body.day,
        number: index + 1,
        previous: previous ?? null,
        writer: "0.1.0",
        run: "test",
      }),
    );
  }
  return segments;
}

export async function sampleSegment(events: readonly SourceEvent[] = sampleEvents(3)): Promise<PlacedSegment> {
  const [segment] = await sampleLog([events]);
  return segment!;
}

export async function readLines(bytes: Buffer, using = codec): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of segmentLines(bytes, using)) lines.push(...some.map(String));
  return lines;
}
