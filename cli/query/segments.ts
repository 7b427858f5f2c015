/** Which segments a query may read, and that each is what was written. */
import { hash } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ArchiverError } from "../../lambda/errors.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { MAX_SEGMENT_BYTES } from "../../lambda/segment/bounds.ts";
import { SegmentError } from "../../lambda/segment/error.ts";
import { EVENTS_PREFIX, parseSegmentKey, type SegmentPlace, workspacePrefix } from "../../lambda/segment/key.ts";
import { readHeader } from "../../lambda/segment/reader.ts";

export interface Segment extends SegmentPlace {
  readonly key: string;
  readonly sizeBytes: number;
  /** When its file was changed last, in milliseconds since 1970; 0 where a store does not tell. */
  readonly changedMs: number;
}

export interface SegmentFilter {
  readonly workspace?: string;
  /** UTC days, `from` inclusive, `to` exclusive. */
  readonly days?: { readonly from?: string; readonly to?: string };
}

/** In key order. Objects that are no segments are left out, as Athena leaves out other workspaces: verify names them. */
export async function listSegments(
  store: ArchiveStore,
  folder: string | null,
  filter: SegmentFilter,
): Promise<Segment[]> {
  const found = folder === null ? null : listFolder(folder, filter);
  return found ?? (await listStore(store, filter));
}

async function listStore(store: ArchiveStore, filter: SegmentFilter): Promise<Segment[]> {
  const { workspace, days = {} } = filter;
  const prefix = prefixOf(filter);
  const startAfter = workspace === undefined || days.from === undefined ? "" : `${prefix}dt=${days.from}`;
  const segments: Segment[] = [];
  for await (const { key, sizeBytes } of store.list(prefix, startAfter)) {
    const place = parseSegmentKey(key);
    if (workspace !== undefined && days.to !== undefined && place !== null && place.day >= days.to) break;
    if (place !== null && isAsked(place, filter)) segments.push({ key, sizeBytes, changedMs: 0, ...place });
  }
  return segments;
}

/**
 * The same of a folder, at once: a store waits for each file by itself, which takes seconds for 50,000 of them. Null where
 * there is anything but files and folders, or nothing at all: the store tells of that.
 */
function listFolder(folder: string, filter: SegmentFilter): Segment[] | null {
  const segments: Segment[] = [];
  const addFrom = (prefix: string): boolean => {
    const entries = readdirSync(join(folder, prefix), { withFileTypes: true });
    return entries
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .every((entry) => {
        const key = prefix + entry.name;
        if (entry.isDirectory()) return addFrom(`${key}/`);
        const place = parseSegmentKey(key);
        if (place !== null && isAsked(place, filter)) {
          const { size, ctimeMs } = lstatSync(join(folder, key));
          segments.push({ key, sizeBytes: size, changedMs: ctimeMs, ...place });
        }
        return entry.isFile();
      });
  };
  try {
    return addFrom(prefixOf(filter)) ? segments : null;
  } catch {
    return null;
  }
}

const prefixOf = ({ workspace }: SegmentFilter): string =>
  workspace === undefined ? EVENTS_PREFIX : workspacePrefix(workspace);

const isAsked = ({ workspace, day }: SegmentPlace, { workspace: only, days = {} }: SegmentFilter): boolean =>
  (only === undefined || workspace === only) &&
  (days.from === undefined || day >= days.from) &&
  (days.to === undefined || day < days.to);

const GZIP_TRAILER_BYTES = 8;

/**
 * The compressed bytes of a segment, and their hash, which is the one in its manifest: nothing is inflated but what was
 * written with it. Throws ArchiverError `halted`.
 */
export function checkSegment(key: string, bytes: Buffer): { readonly bytes: Buffer; readonly hash: string } {
  try {
    const { manifest, headerBytes } = readHeader(bytes);
    const deflated = bytes.subarray(headerBytes, Math.max(headerBytes, bytes.length - GZIP_TRAILER_BYTES));
    if (hash("sha256", deflated, "hex") === manifest.deflated) return { bytes: deflated, hash: manifest.deflated };
  } catch (error) {
    if (error instanceof SegmentError) throw unreadable(key, error.message);
    throw error;
  }
  throw unreadable(key, "its compressed bytes do not match its manifest");
}

/** Before it is read: an object may be larger than any memory. */
export function checkSize({ key, sizeBytes }: Segment): void {
  if (sizeBytes > MAX_SEGMENT_BYTES) throw unreadable(key, "it is larger than a segment can be");
}

export const unreadable = (key: string, fault: string): ArchiverError =>
  new ArchiverError("halted", `${key} cannot be read: ${fault}.`, {
    advice: "Run verify to see what is damaged. Queries of other days are not affected.",
  });
