import { hash } from "node:crypto";
import { compareInstants, type Instant, ODD_DAY, parseInstant } from "../event/instant.ts";
import { isCount, isGid, isLogDay } from "../event/parse.ts";
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

const HASH = /^[0-9a-f]{64}$/;
/** Nothing that JSON would escape, so that a manifest has one spelling. */
const NAME = /^[\w.:+@/-]{1,128}$/;

const isText = (value: unknown, pattern: RegExp) => typeof value === "string" && pattern.test(value);
const isInstant = (value: unknown) => value === null || (typeof value === "string" && parseInstant(value) === value);

/** In the order in which they are written. */
const FIELDS: { readonly [Name in keyof Manifest]: (value: unknown) => boolean } = {
  format: (value) => value === FORMAT,
  workspace: isGid,
  day: isLogDay,
  number: isSegmentNumber,
  count: (value) => isCount(value, 1, MAX_SEGMENT_EVENTS),
  oldest: isInstant,
  newest: isInstant,
  sha256: (value) => isText(value, HASH),
  deflated: (value) => isText(value, HASH),
  root: (value) => isText(value, HASH),
  previous: (value) => value === null || isText(value, HASH),
  logCount: (value) => isCount(value, 1),
  logNewest: isInstant,
  writer: (value) => isText(value, NAME),
  run: (value) => isText(value, NAME),
};
const NAMES = Object.keys(FIELDS) as (keyof Manifest)[];

/** Throws a plain Error for a manifest that no reader would accept: a mistake of the caller. */
export function encodeManifest(manifest: Manifest): Buffer {
  const problem = findProblem(manifest);
  if (problem !== null) throw new Error(`not a valid manifest: ${problem}`);
  const bytes = spell(manifest);
  if (bytes.length > MAX_MANIFEST_BYTES) throw new Error(`a manifest cannot have ${bytes.length} bytes`);
  return bytes;
}

/** Throws SegmentError: `unknown-format` for a later format, `damaged` for all that `encodeManifest` cannot give. */
export function parseManifest(bytes: Buffer): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) throw damaged("it is too long");
  const value = parseObject(bytes);
  const { format } = value;
  if (isCount(format, 1) && format !== FORMAT) {
    throw new SegmentError("unknown-format", `manifest of format ${format}; this version reads format ${FORMAT}`);
  }
  const problem = findProblem(value);
  if (problem !== null) throw damaged(problem);
  const manifest = value as Manifest;
  // One spelling only: no other field, order, space, escape, or key given twice.
  if (!spell(manifest).equals(bytes)) throw damaged("its JSON is not spelled the way writers spell it");
  return manifest;
}

export const manifestHash = (bytes: Buffer): string => hash("sha256", bytes, "hex");

function spell(manifest: Manifest): Buffer {
  return Buffer.from(JSON.stringify(manifest, NAMES), "utf8");
}

function parseObject(bytes: Buffer): { readonly format?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw damaged("it is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged("it is not an object");
  return value;
}

/** What holds for one manifest by itself; how it fits its key and its log is judged in `archive/invariants.ts`. */
function findProblem(value: object): string | null {
  for (const name of NAMES) {
    const own = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (!FIELDS[name](own)) return `invalid \`${name}\``;
  }
  const { day, count, logCount, oldest, newest, logNewest } = value as Manifest;
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

const damaged = (problem: string, cause?: unknown) =>
  new SegmentError("damaged", `the manifest is damaged: ${problem}`, cause);
