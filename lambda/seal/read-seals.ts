/** Everything beside a workspace's events that has to do with its seals: the seals, their stamps, the public keys. */
import { inLanes } from "../archive/lanes.ts";
import { skipUnavailable, type UnreadObject } from "../archive/verify-log.ts";
import type { ArchiveStore } from "../ports.ts";
import type { FoundSeal } from "./chain.ts";
import { KEYS_PREFIX, parseSealKey, sealKey, sealsPrefix } from "./seal-key.ts";
import { parseStampKey, type StampPlace, stampKey, stampsPrefix } from "./stamp-key.ts";

export interface FoundStamp extends StampPlace {
  readonly key: string;
  /** A TimeStampResp; null where the store did not give it. */
  readonly bytes: Buffer | null;
}

export interface FoundSeals {
  /** By number. */
  readonly seals: readonly FoundSeal[];
  readonly stamps: readonly FoundStamp[];
  readonly unread: readonly UnreadObject[];
  /** Keys that name neither a seal nor a stamp. */
  readonly foreign: readonly string[];
}

/** A file below `keys/`, which belong to the whole archive. */
export interface FoundKey {
  readonly key: string;
  readonly bytes: Buffer | null;
}

const READS_AT_ONCE = 32;

/** Reads all seals and stamps of a workspace, less than a kilobyte and some kilobytes each. */
export async function readSeals(archive: ArchiveStore, workspace: string, signal?: AbortSignal): Promise<FoundSeals> {
  const unread: UnreadObject[] = [];
  const foreign: string[] = [];
  const numbers: number[] = [];
  const stamps: StampPlace[] = [];
  for await (const { key } of archive.list(sealsPrefix(workspace))) {
    signal?.throwIfAborted();
    const place = parseSealKey(key);
    if (place === null) foreign.push(key);
    else numbers.push(place.number);
  }
  for await (const { key } of archive.list(stampsPrefix(workspace))) {
    signal?.throwIfAborted();
    const place = parseStampKey(key);
    if (place === null) foreign.push(key);
    else stamps.push(place);
  }
  const get = async (key: string) => {
    signal?.throwIfAborted();
    return await skipUnavailable(unread, key, () => archive.get(key));
  };
  return {
    seals: await inLanes(numbers, READS_AT_ONCE, async (number) => ({
      number,
      bytes: await get(sealKey(workspace, number)),
    })),
    stamps: await inLanes(stamps, READS_AT_ONCE, async (stamp) => {
      const key = stampKey(stamp);
      return { ...stamp, key, bytes: await get(key) };
    }),
    unread,
    foreign,
  };
}

/** Reads the public keys that are kept beside the archive. */
export async function readPublicKeys(archive: ArchiveStore, signal?: AbortSignal): Promise<readonly FoundKey[]> {
  const keys: string[] = [];
  for await (const { key } of archive.list(KEYS_PREFIX)) {
    signal?.throwIfAborted();
    keys.push(key);
  }
  return await inLanes(keys, READS_AT_ONCE, async (key) => ({ key, bytes: await archive.get(key) }));
}
