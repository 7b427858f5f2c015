import { hash } from "node:crypto";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { ArchiverError } from "../errors.ts";
import type { ArchiveStore, ByteRange, CreateOutcome, StoredObject } from "../ports.ts";
import { awsError, awsFault } from "./aws-errors.ts";
import { checkKey, checkPrefix, checkRange, compareKeys } from "./key-rules.ts";

export interface S3ArchiveSettings {
  readonly bucket: string;
  /** Goes before every key, as a folder; none by default. */
  readonly prefix?: string;
  /** Account that must own the bucket; S3 refuses every call if another does. */
  readonly expectedOwner?: string;
  /** Told why the store did not say whether it created an object. */
  readonly onUnknown?: (key: string, code: string) => void;
}

/**
 * An archive in a general purpose S3 bucket. A segment is one single-part put on the condition that the key is free.
 * Keys are found by listing only, so the role needs to get what a list gave, and no HEAD. Throws ArchiverError.
 */
export function createS3Archive(settings: S3ArchiveSettings, client: S3Client): ArchiveStore {
  const root = rootOf(settings.prefix ?? "");
  const place = `bucket ${settings.bucket}`;
  const bucket = {
    Bucket: settings.bucket,
    ...(settings.expectedOwner === undefined ? {} : { ExpectedBucketOwner: settings.expectedOwner }),
  };

  async function* list(prefix: string, startAfter = ""): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    const query = {
      ...bucket,
      Prefix: root + prefix,
      ...(startAfter === "" ? {} : { StartAfter: root + startAfter }),
    };
    let last = "";
    let token: string | undefined;
    do {
      const page = await listPage(query, token);
      for (const { Key, Size } of page.Contents ?? []) {
        const key = (Key ?? "").slice(root.length);
        if (compareKeys(key, last) <= 0) throw outOfOrder(place);
        last = key;
        yield { key, sizeBytes: Size ?? 0 };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async function listPage(query: { Bucket: string; Prefix: string }, token: string | undefined) {
    try {
      const page = token === undefined ? query : { ...query, ContinuationToken: token };
      return await client.send(new ListObjectsV2Command(page));
    } catch (error) {
      throw awsError(error, `list ${query.Prefix}`, place);
    }
  }

  async function get(key: string, range?: ByteRange): Promise<Buffer | null> {
    checkKey(key);
    if (range !== undefined) checkRange(range);
    const part = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...bucket, Key: root + key, ...part }));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (error) {
      const { code } = awsFault(error);
      if (code === "NoSuchKey") return null;
      if (code === "InvalidRange") return Buffer.alloc(0); // begins at the object's end or beyond
      throw awsError(error, `get ${key}`, place);
    }
  }

  async function create(key: string, bytes: Uint8Array): Promise<CreateOutcome> {
    checkKey(key);
    const put = new PutObjectCommand({
      ...bucket,
      Key: root + key,
      Body: bytes,
      IfNoneMatch: "*",
      ChecksumSHA256: hash("sha256", bytes, "base64"),
      ContentType: key.endsWith(".gz") ? "application/gzip" : "application/octet-stream",
    });
    try {
      const { ETag } = await client.send(put);
      // S3 names the object it made. A success that does not is somebody's error page.
      return ETag === undefined ? "unknown" : "created";
    } catch (error) {
      const { code, status, isUncertain } = awsFault(error);
      // The code decides: it has been seen under other statuses, 200 among them.
      if (code === "PreconditionFailed" || status === 412) return "exists";
      if (isUncertain) {
        settings.onUnknown?.(key, code);
        return "unknown";
      }
      throw awsError(error, `create ${key}`, place);
    }
  }

  return { list, get, create };
}

/** Empty, or ending in a slash. */
function rootOf(prefix: string): string {
  const root = prefix.replace(/\/$/, "");
  if (root === "") return "";
  checkKey(root);
  return `${root}/`;
}

const outOfOrder = (place: string): ArchiverError =>
  new ArchiverError("misconfigured", `The ${place} does not list its keys in order.`, {
    advice: "Use a general purpose bucket; a directory bucket has no order to go by.",
  });
