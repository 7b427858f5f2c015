/** Which segments a query may read, and that each is what was written. */
import { hash } from "node:crypto";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import { SegmentError } from "../../lambda/segment/error.ts";
import { EVENTS_PREFIX, parseSegmentKey, type SegmentPlace, workspacePrefix } from "../../lambda/segment/key.ts";
import { readHeader } from "../../lambda/segment/reader.ts";

export interface Segment extends SegmentPlace {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface SegmentFilter {
  readonly workspace?: string;
  /** UTC days, `from` inclusive, `to` exclusive. */
  readonly days?: { readonly from?: string; readonly to?: string };
}

/** In key order. Objects that are no segments are left out, as Athena leaves out other workspaces: verify names them. */
export async function listSegments(store: ArchiveStore, { workspace, days = {} }: SegmentFilter): Promise<Segment[]> {
  const prefix = workspace === undefined ? EVENTS_PREFIX : workspacePrefix(workspace);
  const startAfter = workspace === undefined || days.from === undefined ? "" : `${prefix}dt=${days.from}`;
  const segments: Segment[] = [];
  for await (const { key, sizeBytes } of store.list(prefix, startAfter)) {
    const place = parseSegmentKey(key);
    if (place === null || (days.from !== undefined && place.day < days.from)) continue;
    if (days.to !== undefined && place.day >= days.to) {
      if (workspace !== undefined) break;
      continue;
    }
    segments.push({ key, sizeBytes, ...place });
  }
  return segments;
}

const GZIP_TRAILER_BYTES = 8;

/**
 * DuckDB takes a gzip file that was cut short or changed as far as it can be read, without an error; so the compressed
 * bytes are compared with their manifest first. Throws ArchiverError `halted`.
 */
export function checkSegment(key: string, bytes: Buffer): void {
  const fault = findFault(bytes);
  if (fault !== null) throw unreadable(key, fault);
}

/** Before it is read: an object may be larger than any memory. */
export function checkSize({ key, sizeBytes }: Segment): void {
  if (sizeBytes > MAX_SEGMENT_BYTES) throw unreadable(key, "it is larger than a segment can be");
}

const unreadable = (key: string, fault: string): ArchiverError =>
  new ArchiverError("halted", `${key} cannot be read: ${fault}.`, {
    advice: "Run verify to see what is damaged. Queries of other days are not affected.",
  });

function findFault(bytes: Buffer): string | null {
  try {
    const { manifest, headerBytes } = readHeader(bytes);
    const deflated = bytes.subarray(headerBytes, Math.max(headerBytes, bytes.length - GZIP_TRAILER_BYTES));
    return hash("sha256", deflated, "hex") === manifest.deflated
      ? null
      : "its compressed bytes do not match its manifest";
  } catch (error) {
    if (error instanceof SegmentError) return error.message;
    throw error;
  }
}
