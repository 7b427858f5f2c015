/** Opens what `--archive` and `--checkpoint` refer to. Modules that are not needed are not loaded. */
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { COVERAGE_PREFIX } from "../lambda/coverage/coverage-key.ts";
import { ArchiverError } from "../lambda/errors.ts";
import type { ArchiveStore, CheckpointStore, Logger } from "../lambda/ports.ts";
import { SEALS_PREFIX } from "../lambda/seal/seal-key.ts";
import { EVENTS_PREFIX } from "../lambda/segment/key.ts";
import { createDirectoryArchive } from "../lambda/stores/directory-archive.ts";
import { createFileCheckpoint } from "../lambda/stores/file-checkpoint.ts";
import type { BucketPlace } from "./aws.ts";

export interface PlaceOptions {
  /** A directory, or `s3://bucket[/prefix]`. */
  readonly archive: string;
  /** A folder, or `dynamodb://table`. Default: `checkpoint` in the archive's directory. */
  readonly checkpoint?: string;
}

export interface ReadablePlaces {
  readonly archive: ArchiveStore;
  /** The directory, for callers that can read its files directly; null for an archive in S3. */
  readonly directory: string | null;
  /** Null if none was given and there is no default. */
  readonly checkpoints: CheckpointStore | null;
}

/** Opens an archive for reading, or to name whatever does not belong into it (`check`). It must exist. */
export async function openForReading(options: PlaceOptions, use: "read" | "check" = "read"): Promise<ReadablePlaces> {
  const bucket = readS3(options.archive);
  if (bucket !== null) {
    const checkpoints = options.checkpoint === undefined ? null : await openCheckpoint(options.checkpoint);
    return { archive: await openBucket(bucket), directory: null, checkpoints };
  }
  const entries = await entriesOf(options.archive);
  if (entries === null) throw noArchive(`${options.archive} does not exist`);
  if (!holdsArchive(entries)) throw noArchive(`${options.archive} does not contain an archive`);
  return { ...(await openDirectory(options, use)), directory: resolve(options.archive) };
}

/** Opens an archive for writing. A directory is created together with the first segment. */
export async function openForWriting(
  options: PlaceOptions,
  log: Logger,
): Promise<{ readonly archive: ArchiveStore; readonly checkpoints: CheckpointStore }> {
  const bucket = readS3(options.archive);
  if (bucket !== null) {
    if (options.checkpoint === undefined) {
      throw new ArchiverError("misconfigured", "an archive in S3 needs a checkpoint", {
        advice: "Add --checkpoint with dynamodb://<table> or a folder.",
      });
    }
    return { archive: await openBucket(bucket, log), checkpoints: await openCheckpoint(options.checkpoint) };
  }
  const opened = await openDirectory(options, "write");
  // The store refuses a directory with other contents; find that out before the first request.
  for await (const _ of opened.archive.list(EVENTS_PREFIX)) return opened;
  const { withReadme } = await import("./archive-readme.ts");
  return { ...opened, archive: withReadme(opened.archive, resolve(options.archive)) };
}

/** Opens an archive for what is put beside its events, such as seals. It must exist. */
export async function openForSealing(place: string, log: Logger): Promise<ArchiveStore> {
  const bucket = readS3(place);
  if (bucket !== null) return await openBucket(bucket, log);
  const entries = await entriesOf(place);
  if (entries === null) throw noArchive(`${place} does not exist`);
  if (!holdsArchive(entries)) throw noArchive(`${place} does not contain an archive`);
  return createDirectoryArchive(resolve(place), "write");
}

/** Whether there is any part of an archive: who has taken away the events has left what says so. */
const holdsArchive = (entries: readonly string[]): boolean =>
  [EVENTS_PREFIX, COVERAGE_PREFIX, SEALS_PREFIX].some((prefix) => entries.includes(prefix.split("/")[0]!));

async function openDirectory(options: PlaceOptions, use: "write" | "read" | "check") {
  const checkpoint = options.checkpoint ?? join(options.archive, "checkpoint");
  return {
    archive: createDirectoryArchive(resolve(options.archive), use),
    checkpoints: await openCheckpoint(checkpoint),
  };
}

/** The names in a directory; null if the directory does not exist. */
async function entriesOf(directory: string): Promise<string[] | null> {
  try {
    if (!(await stat(directory)).isDirectory()) throw noArchive(`${directory} is not a directory`);
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

const noArchive = (message: string) =>
  new ArchiverError("misconfigured", message, {
    advice: "Pass the directory that drain archives into as --archive.",
  });

async function openCheckpoint(text: string): Promise<CheckpointStore> {
  const table = /^dynamodb:\/\/(.*)$/.exec(text)?.[1];
  if (table === undefined) return createFileCheckpoint(resolve(text));
  if (!/^[A-Za-z0-9_.-]{3,255}$/.test(table)) {
    throw new ArchiverError("misconfigured", `${text} is not a valid table name`, {
      advice: "Give dynamodb://<table>.",
    });
  }
  const { openDynamoDb } = await import("./aws.ts");
  return openDynamoDb(table, process.env);
}

/** Null: it is a folder. Throws ArchiverError `misconfigured` for what is neither. */
export function readS3(text: string): BucketPlace | null {
  if (!text.startsWith("s3://")) return null;
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text);
  if (match === null) {
    throw new ArchiverError("misconfigured", `${text} is not a valid bucket name`, {
      advice: "Give s3://<bucket>[/<prefix>].",
    });
  }
  return { bucket: match[1]!, prefix: (match[2] ?? "").replace(/\/+$/, "") };
}

async function openBucket(place: BucketPlace, log?: Logger): Promise<ArchiveStore> {
  const { openS3 } = await import("./aws.ts");
  return await openS3(place, process.env, log === undefined ? {} : { log });
}
