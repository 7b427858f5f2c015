/**
 * Checks on a real account what no emulator can show; docs/aws-checks.md explains how to prepare one.
 *
 *     npx node infra/checks/live.ts <bucket of a deployment made for these checks>
 *
 * Exit code 0: the bucket refused everything that it must refuse, and exactly one of 200 concurrent creates of the same
 * key succeeded. A few one-byte objects remain, locked for the deployment's retention period.
 */
import { randomUUID } from "node:crypto";
import { HeadObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { createS3Client } from "../../lambda/stores/aws-clients.ts";
import { awsFault } from "../../lambda/stores/aws-errors.ts";
import { refusals, type Target } from "./refusals.ts";

export interface Finding {
  readonly title: string;
  readonly isGood: boolean;
  /** What was seen. */
  readonly seen: string;
}

const CREATES_AT_ONCE = 200;

export async function* checkBucket(client: S3Client, bucket: string): AsyncGenerator<Finding> {
  const Key = `checks/${randomUUID()}`;
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x", IfNoneMatch: "*" }));
  const target: Target = { Bucket: bucket, Key, VersionId: VersionId ?? "null" };
  yield await lookAt(client, target);
  for (const { title, codes, attempt } of refusals) {
    const seen = await outcomeOf(attempt(client, target));
    yield { title: `refuses ${title}`, isGood: codes.includes(seen), seen };
  }
  yield await race(client, { ...target, Key: `${Key}.race` });
}

/** What a plain create gets by default: the encryption key and the lock. */
async function lookAt(client: S3Client, target: Target): Promise<Finding> {
  const { ServerSideEncryption, ObjectLockMode, ObjectLockRetainUntilDate } = await client.send(
    new HeadObjectCommand(target),
  );
  return {
    title: "encrypts with its own key and locks by default",
    isGood: ServerSideEncryption === "aws:kms" && ObjectLockMode !== undefined,
    seen: `${ServerSideEncryption}, ${ObjectLockMode ?? "no lock"} until ${ObjectLockRetainUntilDate?.toISOString() ?? "-"}`,
  };
}

async function race(client: S3Client, { Bucket, Key }: Target): Promise<Finding> {
  const creates = Array.from({ length: CREATES_AT_ONCE }, (_, index) =>
    outcomeOf(client.send(new PutObjectCommand({ Bucket, Key, Body: String(index), IfNoneMatch: "*" }))),
  );
  const outcomes = Object.entries(Object.groupBy(await Promise.all(creates), (outcome) => outcome));
  const counts = Object.fromEntries(outcomes.map(([outcome, those]) => [outcome, those?.length ?? 0]));
  return {
    title: `lets one of ${CREATES_AT_ONCE} creates of a key win`,
    isGood: counts[DONE] === 1,
    seen: JSON.stringify(counts),
  };
}

const DONE = "done";

async function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return DONE;
  } catch (error) {
    return awsFault(error).code;
  }
}

if (import.meta.main) {
  const [bucket] = process.argv.slice(2);
  if (bucket === undefined) {
    console.error("Name the bucket of a deployment made for these checks: see docs/aws-checks.md.");
    process.exit(2);
  }
  let bad = 0;
  for await (const { title, isGood, seen } of checkBucket(createS3Client(), bucket)) {
    console.log(`${isGood ? "ok " : "BAD"}  ${title}  (${seen})`);
    if (!isGood) bad++;
  }
  console.log(bad === 0 ? "All checks passed." : `${bad} checks failed.`);
  process.exit(bad === 0 ? 0 : 1);
}
