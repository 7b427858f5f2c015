/** Finds one event in an archive, and proves by the newest seal that counts it that it is there. */

import type { ListedLog } from "../archive/inventory.ts";
import { inLanes } from "../archive/lanes.ts";
import { scanEvent } from "../event/event-scanner.ts";
import { MalformedError } from "../event/json-scanner.ts";
import type { ArchiveStore } from "../ports.ts";
import type { Codec } from "../segment/codec.ts";
import { SegmentError } from "../segment/error.ts";
import { segmentKey } from "../segment/key.ts";
import { createMerkleTree } from "../segment/merkle.ts";
import { segmentLines } from "../segment/reader.ts";
import type { FoundSeal } from "./chain.ts";
import type { EventProof } from "./proof-file.ts";
import { readSealFile, type SealFile } from "./seal-file.ts";
import { type Seal, SealTextError } from "./text.ts";

export interface ProveDeps {
  readonly archive: ArchiveStore;
  readonly codec: Codec;
  readonly signal: AbortSignal;
}

export interface PlacedEvent {
  readonly workspace: string;
  readonly day: string;
  /** Number of the segment that holds it. */
  readonly segment: number;
  /** In its day's log, counted from 0. */
  readonly index: number;
  readonly line: Buffer;
}

/**
 * `unsealed`: no seal counts the event; `unreadSeals`: so many seals could not be read, one of which might. `differs`: the
 * log is not the one that was sealed, so a proof would not hold; `why` is the end of a sentence about the log.
 */
export type ProveOutcome =
  | { readonly kind: "proven"; readonly proof: EventProof; readonly seal: Seal }
  | { readonly kind: "unsealed"; readonly unreadSeals: number }
  | { readonly kind: "differs"; readonly seal: Seal; readonly why: string };

/** Logs that are read at a time; each reader holds one segment. */
const READERS = 8;

/**
 * Reads the logs until the event is found; null: it is in none of them. `onLog` is called after each log. Throws the
 * SegmentError of a log that cannot be read where the event is in none of the others, and what the archive throws.
 */
export async function locateEvent(
  deps: ProveDeps,
  logs: readonly ListedLog[],
  id: string,
  onLog: () => void = () => {},
): Promise<PlacedEvent | null> {
  let damage: SegmentError | null = null;
  for (let at = 0; at < logs.length; at += READERS) {
    const found = await inLanes(logs.slice(at, at + READERS), READERS, async (log) => {
      const event = await findInLog(deps, log, id).catch((error: unknown) => {
        if (!(error instanceof SegmentError)) throw error;
        damage ??= error;
        return null;
      });
      onLog();
      return event;
    });
    const event = found.find((one) => one !== null);
    if (event !== undefined) return event;
  }
  if (damage !== null) throw damage;
  return null;
}

async function findInLog(
  { archive, codec, signal }: ProveDeps,
  { workspace, day, segments }: ListedLog,
  id: string,
): Promise<PlacedEvent | null> {
  let before = 0;
  for (const { key, number } of segments) {
    signal.throwIfAborted();
    const bytes = await archive.get(key);
    if (bytes === null) throw new SegmentError("damaged", `${key} was listed but is gone`);
    let index = before;
    let found: PlacedEvent | null = null;
    for await (const lines of segmentLines(bytes, codec)) {
      for (const line of lines) {
        if (isEvent(line, id)) found = { workspace, day, segment: number, index, line: Buffer.from(line) };
        index += 1;
      }
    }
    if (found !== null) return found;
    before = index;
  }
  return null;
}

const HASH_ID = "sha256:";

/** An id that is no hash stands in its line as it is, or with escapes. */
function isEvent(line: Buffer, id: string): boolean {
  if (!line.includes(id) && !line.includes("\\") && !id.startsWith(HASH_ID)) return false;
  try {
    return scanEvent(line).id === id;
  } catch (error) {
    if (error instanceof MalformedError) return false; // verify names it
    throw error;
  }
}

/** `seals`: all of the event's workspace. Throws what the archive throws. */
export async function proveEvent(
  deps: ProveDeps,
  event: PlacedEvent,
  seals: readonly FoundSeal[],
): Promise<ProveOutcome> {
  const { workspace, day, segment, index, line } = event;
  const read = seals.map(({ bytes }) => ({ bytes, file: bytes === null ? null : readOrNull(bytes) }));
  const covering = read.findLast(({ file }) => file?.seal.day === day && file.seal.segments >= segment);
  if (covering === undefined) return { kind: "unsealed", unreadSeals: read.filter(({ file }) => file === null).length };
  const { seal } = covering.file!;
  const differs = (why: string): ProveOutcome => ({ kind: "differs", seal, why });
  const tree = createMerkleTree(index);
  let count = 0;
  for (let number = 1; number <= seal.segments; number += 1) {
    deps.signal.throwIfAborted();
    const bytes = await deps.archive.get(segmentKey(workspace, day, number));
    if (bytes === null) return differs(`segment ${number} is missing`);
    try {
      for await (const lines of segmentLines(bytes, deps.codec)) {
        for (const one of lines) tree.add(one);
        count += lines.length;
      }
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      return differs(`segment ${number} cannot be read: ${error.message}`);
    }
  }
  if (count !== seal.size) return differs(`it has ${count} events, and ${seal.size} were sealed`);
  if (tree.root().toString("hex") !== seal.root) return differs("its events are not those that were sealed");
  return { kind: "proven", seal, proof: { line, index, path: tree.path(), seal: covering.bytes! } };
}

function readOrNull(bytes: Buffer): SealFile | null {
  try {
    return readSealFile(bytes);
  } catch (error) {
    if (error instanceof SealTextError) return null;
    throw error;
  }
}
