import type { LoggedEvent } from "./company.ts";
import { createLineDigest, type LineDigest } from "./digest.ts";
import { parseTime } from "./query.ts";

/** Which of a workspace's events to look at. */
export interface TruthRange {
  /** Created at or after, milliseconds since 1970. */
  readonly fromMs?: number;
  /** Created before. */
  readonly toMs?: number;
  /** Visible by then. */
  readonly visibleByMs?: number;
}

export function* within(events: Iterable<LoggedEvent>, range: TruthRange): Generator<LoggedEvent> {
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = range;
  const { visibleByMs = Number.POSITIVE_INFINITY } = range;
  for (const event of events) {
    if (event.atMs >= toMs) return;
    if (event.atMs >= fromMs && event.visibleAtMs <= visibleByMs) yield event;
  }
}

export function digestOf(events: Iterable<LoggedEvent>): LineDigest {
  const digest = createLineDigest();
  for (const event of events) digest.add(event.line);
  return digest.value();
}

/** The gid and time that an appended event states; null for what cannot be read. */
export function placeIn(line: Buffer): { gid: string | null; atMs: number | null } {
  let event: { gid?: unknown; created_at?: unknown };
  try {
    event = JSON.parse(line.toString());
  } catch {
    return { gid: null, atMs: null };
  }
  return {
    gid: typeof event?.gid === "string" && event.gid !== "" ? event.gid : null,
    atMs: typeof event?.created_at === "string" ? parseTime(event.created_at) : null,
  };
}
