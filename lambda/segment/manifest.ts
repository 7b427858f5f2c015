import { hash } from "node:crypto";
import { compareInstants, type Instant, ODD_DAY } from "../event/instant.ts";
import { isCount, isGid, isLogDay } from "../event/parse.ts";
import { createRecordCodec, isInstantText, isPlainName, isSha256 } from "../event/strict-json.ts";
import { MAX_SEGMENT_EVENTS } from "./bounds.ts";
import { SegmentError } from "./error.ts";
import { isSegmentNumber } from "./key.ts";

export const FORMAT = 1;
export const MAX_MANIFEST_BYTES = 2048;

/** What a segment says about itself. Hashes are SHA-256 in lower-case hex. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly workspace: string;
  readonly day: string;
  readonly number: number;
  /** Events, which is lines. */
  readonly count: number;
  /** Of its events; null exactly in the odd day. */
  readonly oldest: Instant | null;
  readonly newest: Instant | null;
  /** Of the uncompressed NDJSON. */
  readonly sha256: string;
  /** Of the DEFLATE stream as stored: some of its bits can change without changing the content. */
  readonly deflated: string;
  /** Merkle root over the lines, RFC 6962 hashing. */
  readonly root: string;
  /** Hash of the manifest before; null for number 1. */
  readonly previous: string | null;
  /** Running figures over segments 1 to this one. */
  readonly logCount: number;
  readonly logNewest: Instant | null;
  /** Version of the writing program, and the run that wrote: for people, never judged. */
  readonly writer: string;
  readonly run: string;
}

const isInstantOrNull = (value: unknown): boolean => value === null || isInstantText(value);

const manifests = createRecordCodec<Manifest>({
  name: "manifest",
  format: FORMAT,
  maxBytes: MAX_MANIFEST_BYTES,
  end: "",
  fields: {
    format: (value) => value === FORMAT,
    workspace: isGid,
    day: isLogDay,
    number: isSegmentNumber,
    count: (value) => isCount(value, 1, MAX_SEGMENT_EVENTS),
    oldest: isInstantOrNull,
    newest: isInstantOrNull,
    sha256: isSha256,
    deflated: isSha256,
    root: isSha256,
    previous: (value) => value === null || isSha256(value),
    logCount: (value) => isCount(value, 1),
    logNewest: isInstantOrNull,
    writer: isPlainName,
    run: isPlainName,
  },
  findContradiction,
  fail: (kind, message, cause) => new SegmentError(kind, message, cause),
});

/** Throws a plain Error for a manifest that no reader would accept: a mistake of the caller. */
export const encodeManifest = (manifest: Manifest): Buffer => manifests.encode(manifest);

/** Throws SegmentError: `unknown-format` for a later format, `damaged` for all that `encodeManifest` cannot give. */
export const parseManifest = (bytes: Buffer): Manifest => manifests.parse(bytes);

export const manifestHash = (bytes: Buffer): string => hash("sha256", bytes, "hex");

/** What holds for one manifest by itself; how it fits its key and its log is judged in `archive/invariants.ts`. */
function findContradiction({ day, count, logCount, oldest, newest, logNewest }: Manifest): string | null {
  if (count > logCount) return "`count` is greater than `logCount`";
  if (day === ODD_DAY) {
    return oldest === null && newest === null && logNewest === null
      ? null
      : "`oldest`, `newest` and `logNewest` must be null for the odd day";
  }
  if (oldest === null || newest === null || logNewest === null) return "`oldest`, `newest` or `logNewest` is null";
  if (compareInstants(oldest, newest) > 0) return "`oldest` is later than `newest`";
  if (compareInstants(newest, logNewest) > 0) return "`newest` is later than `logNewest`";
  return null;
}
