import { type IdMap, lineFingerprint } from "../archive/segment-ids.ts";
import type { SourceEvent } from "../event/event.ts";
import { compareInstants, type Instant } from "../event/instant.ts";
import { createBodyWriter, type SegmentBody } from "../segment/body.ts";
import type { Codec } from "../segment/codec.ts";
import type { PageSpace } from "../segment/page-space.ts";

/** New events of one day: compressed as they come, with what is needed to tell a repeat of them. */
export interface DayContent {
  readonly ids: IdMap;
  readonly count: number;
  /** Bytes of the lines, before compression. */
  readonly sizeBytes: number;
  /** The newest instant, and the ids there. */
  readonly newest: { readonly at: Instant | null; readonly ids: readonly string[] };
  add(event: SourceEvent): void;
  /** Hands what was added to the compressor. Once a page, never once an event. */
  flush(): Promise<void>;
  finish(): Promise<SegmentBody>;
}

export function createDayContent(codec: Codec, space: PageSpace): DayContent {
  const writer = createBodyWriter(codec, space);
  const ids: IdMap = new Map();
  let at: Instant | null = null;
  let idsAtNewest: string[] = [];

  return {
    ids,
    get count() {
      return writer.count;
    },
    get sizeBytes() {
      return writer.sizeBytes;
    },
    get newest() {
      return { at, ids: idsAtNewest };
    },
    add: (event) => {
      ids.set(event.id, lineFingerprint(event.line));
      writer.add(event);
      if (event.at === null) return;
      const order = at === null ? 1 : compareInstants(event.at, at);
      if (order > 0) idsAtNewest = [];
      if (order >= 0) idsAtNewest.push(event.id);
      if (order > 0) at = event.at;
    },
    flush: () => writer.flush(),
    finish: () => writer.finish(),
  };
}
