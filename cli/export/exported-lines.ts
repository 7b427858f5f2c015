import { ArchiverError } from "../../lambda/errors.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { compareInstants, dayOf, type Instant, instantToMs } from "../../lambda/event/instant.ts";
import { MalformedError } from "../../lambda/event/json-scanner.ts";
import type { ArchiveStore, StoredObject } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import type { Codec } from "../../lambda/segment/codec.ts";
import { SegmentError } from "../../lambda/segment/error.ts";
import { EVENTS_PREFIX, parseSegmentKey, workspacePrefix } from "../../lambda/segment/key.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";

export interface ExportFilter {
  /** All of them when left out. */
  readonly workspaces?: readonly string[];
  readonly startAt: Instant | null;
  readonly endAt: Instant | null;
  /** Gid or email address of who acted. */
  readonly actor?: string;
  readonly eventType?: string;
  /** Gid of what was acted upon. */
  readonly resource?: string;
}

/**
 * The lines of the archive that pass, by workspace, day, and then in the order in which they were archived; one batch a
 * chunk of a segment. Days outside the window are not read. Throws ArchiverError `halted` when a segment is not what it
 * says.
 */
export async function* exportedLines(
  { archive, codec }: { readonly archive: ArchiveStore; readonly codec: Codec },
  filter: ExportFilter,
  signal: AbortSignal,
): AsyncGenerator<Buffer[]> {
  const passes = createLineTest(filter);
  for await (const { day, ...object } of segmentsOf(archive, filter)) {
    signal.throwIfAborted();
    const isPartial = isCutByWindow(day, filter);
    for await (const lines of linesOf(archive, codec, object)) {
      signal.throwIfAborted();
      const chosen = lines.filter((line) => (!isPartial || isInWindow(line, filter)) && passes(line));
      if (chosen.length > 0) yield chosen;
    }
  }
}

async function* linesOf(
  archive: ArchiveStore,
  codec: Codec,
  { key, sizeBytes }: StoredObject,
): AsyncGenerator<Buffer[]> {
  if (sizeBytes > MAX_SEGMENT_BYTES) throw unreadable(key, "it is larger than a segment can be");
  const bytes = await archive.get(key);
  if (bytes === null) throw unreadable(key, "it was listed but no longer exists");
  try {
    yield* segmentLines(bytes, codec);
  } catch (error) {
    if (error instanceof SegmentError) throw unreadable(key, error.message, error);
    throw error;
  }
}

function unreadable(key: string, fault: string, cause?: SegmentError): ArchiverError {
  const advice =
    cause?.kind === "unknown-format"
      ? "It was written by a newer version: use that version or a later one."
      : "Run verify to see what is damaged. Other segments are not affected.";
  return new ArchiverError("halted", `${key} cannot be read: ${fault}.`, { advice, cause });
}

async function* segmentsOf(archive: ArchiveStore, { workspaces, startAt, endAt }: ExportFilter) {
  const prefixes = workspaces === undefined ? [EVENTS_PREFIX] : [...workspaces].sort().map(workspacePrefix);
  for (const prefix of prefixes) {
    for await (const { key, sizeBytes } of archive.list(prefix)) {
      const place = parseSegmentKey(key);
      if (place === null) continue; // not a segment: verify reports it
      if (startAt !== null && place.day < dayOf(startAt)) continue;
      if (endAt !== null && `${place.day}T00:00:00.000Z` >= endAt) continue;
      yield { key, sizeBytes, day: place.day };
    }
  }
}

/** Whether the window begins or ends inside the day. */
const isCutByWindow = (day: string, { startAt, endAt }: ExportFilter): boolean =>
  (startAt !== null && dayOf(startAt) === day && instantToMs(startAt) % 86_400_000 !== 0) ||
  (endAt !== null && dayOf(endAt) === day);

function isInWindow(line: Buffer, { startAt, endAt }: ExportFilter): boolean {
  const at = instantOf(line);
  if (at === null) return true; // better shown than left out: events of the odd day, and what is no event, have no time
  return (startAt === null || compareInstants(at, startAt) >= 0) && (endAt === null || compareInstants(at, endAt) < 0);
}

function instantOf(line: Buffer): Instant | null {
  try {
    return scanEvent(line).at;
  } catch (error) {
    if (error instanceof MalformedError) return null; // verify reports it
    throw error;
  }
}

interface EventFields {
  readonly event_type?: unknown;
  readonly actor?: { readonly gid?: unknown; readonly email?: unknown } | null;
  readonly resource?: { readonly gid?: unknown } | null;
}

/** A line is parsed for choosing only; what is exported are its bytes. */
function createLineTest({ actor, eventType, resource }: ExportFilter): (line: Buffer) => boolean {
  if (actor === undefined && eventType === undefined && resource === undefined) return () => true;
  const email = actor?.toLowerCase();
  return (line) => {
    const event = parse(line);
    if (eventType !== undefined && event.event_type !== eventType) return false;
    if (resource !== undefined && event.resource?.gid !== resource) return false;
    if (actor === undefined || event.actor?.gid === actor) return true;
    const address = event.actor?.email;
    return typeof address === "string" && address.toLowerCase() === email;
  };
}

/** Empty for a line that is no object, or nested deeper than the engine can parse: it has no fields to choose by. */
function parse(line: Buffer): EventFields {
  try {
    const event: unknown = JSON.parse(line.toString());
    return typeof event === "object" && event !== null ? event : {};
  } catch {
    return {};
  }
}
