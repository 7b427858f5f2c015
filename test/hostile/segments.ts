/** An archive as someone sees it who wants to change it and knows the format. */
import { gunzipSync } from "node:zlib";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { compareInstants, type Instant, laterInstant, ODD_DAY } from "../../lambda/event/instant.ts";
import { MalformedError } from "../../lambda/event/json-scanner.ts";
import { parseSegmentKey, type SegmentPlace, segmentKey } from "../../lambda/segment/key.ts";
import type { Manifest } from "../../lambda/segment/manifest.ts";
import { readHeader } from "../../lambda/segment/reader.ts";
import { rebuild } from "../segment/forge.ts";

export interface HeldSegment extends SegmentPlace {
  readonly key: string;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly lines: readonly string[];
  readonly isLast: boolean;
}

export function readArchive(objects: ReadonlyMap<string, Buffer>): HeldSegment[] {
  return [...objects]
    .flatMap(([key, bytes]) => {
      const place = parseSegmentKey(key);
      return place === null ? [] : [{ key, bytes, ...place }];
    })
    .map((segment) => ({
      ...segment,
      manifest: readHeader(segment.bytes).manifest,
      lines: gunzipSync(segment.bytes).toString("utf8").split("\n").slice(0, -1),
      isLast: !objects.has(segmentKey(segment.workspace, segment.day, segment.number + 1)),
    }));
}

export interface Remade {
  readonly key: string;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly hash: string;
}

/** What stands before a segment in its log. */
type Before = Pick<Remade, "manifest" | "hash">;

/**
 * A segment of these lines at this place that is right in all its parts, as the writer would have made it, with some
 * fields of its manifest said differently if `change` is given.
 */
export function remake(
  place: SegmentPlace,
  lines: readonly string[],
  before: Before | null,
  change: Partial<Manifest> = {},
): Remade {
  const { oldest, newest } = spanOf(place.day, lines);
  const { workspace, day, number } = place;
  const made: Manifest = {
    format: 1,
    workspace,
    day,
    number,
    count: lines.length,
    oldest,
    newest,
    sha256: "",
    deflated: "",
    root: "",
    previous: before?.hash ?? null,
    logCount: (before?.manifest.logCount ?? 0) + lines.length,
    logNewest: laterInstant(before?.manifest.logNewest ?? null, newest),
    writer: "0.1.0",
    run: "run-1",
    ...change,
  };
  const bytes = rebuild(made, Buffer.from(lines.map((line) => `${line}\n`).join("")));
  const { manifest, manifestHash: hash } = readHeader(bytes);
  return { key: segmentKey(workspace, day, number), bytes, manifest, hash };
}

export function beforeOf(
  objects: ReadonlyMap<string, Buffer>,
  { workspace, day, number }: SegmentPlace,
): Before | null {
  if (number === 1) return null;
  const { manifest, manifestHash: hash } = readHeader(objects.get(segmentKey(workspace, day, number - 1))!);
  return { manifest, hash };
}

function spanOf(day: string, lines: readonly string[]): { oldest: Instant | null; newest: Instant | null } {
  if (day === ODD_DAY) return { oldest: null, newest: null };
  let oldest: Instant | null = null;
  let newest: Instant | null = null;
  for (const line of lines) {
    const at = instantIn(line, day);
    if (at === null) continue;
    if (oldest === null || compareInstants(at, oldest) < 0) oldest = at;
    newest = laterInstant(newest, at);
  }
  return { oldest, newest };
}

/** Of lines that belong to another day nothing is said, as somebody would who wants to hide them. */
function instantIn(line: string, day: string): Instant | null {
  try {
    const event = scanEvent(Buffer.from(line));
    return event.day === day ? event.at : null;
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
