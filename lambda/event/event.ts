import { hash } from "node:crypto";
import { type Instant, logDay, ODD_DAY, parseInstant } from "./instant.ts";

/** One event as the core sees it: where it goes, how it is known, and its bytes. Nothing else of it is read. */
export interface SourceEvent {
  /** The gid; for an event without a readable one, `sha256:` and the SHA-256 of its line. */
  readonly id: string;
  /** The day log it belongs to, `YYYY-MM-DD`. */
  readonly day: string;
  /** Its `created_at`; null exactly in the odd day's log, where instants mean little. */
  readonly at: Instant | null;
  /** Its bytes as received, on one line: one JSON value, no raw LF, CR or 0x01, and no line feed at the end. */
  readonly line: Buffer;
}

/**
 * `gid` and `createdAt` are the JSON string values read from the line; null for absent, or anything but a string. Both
 * are null for a line that is not an object or not valid UTF-8.
 */
export function createEvent(gid: string | null, createdAt: string | null, line: Buffer): SourceEvent {
  const instant = createdAt === null ? null : parseInstant(createdAt);
  const day = logDay(instant);
  const id = gid === null || gid === "" ? `sha256:${hash("sha256", line, "hex")}` : gid;
  return { id, day, at: day === ODD_DAY ? null : instant, line };
}
