/** AWS, and stores that speak S3, as they are reached from a desk: through a proxy, at other endpoints, over slow links. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ArchiveStore, CheckpointStore, Logger } from "../lambda/ports.ts";
import { createDynamoDbClient, createS3Client } from "../lambda/stores/aws-clients.ts";
import { createDynamoDbCheckpoint } from "../lambda/stores/dynamodb-checkpoint.ts";
import { createPacedArchive } from "../lambda/stores/paced-archive.ts";
import { createProvenArchive } from "../lambda/stores/proven-archive.ts";
import { createS3Archive } from "../lambda/stores/s3-archive.ts";
import { createS3Versions } from "../lambda/stores/s3-versions.ts";
import { systemClock } from "../lambda/system-clock.ts";
import { misused } from "./exit.ts";
import { readProxy } from "./proxy.ts";

export interface BucketPlace {
  readonly bucket: string;
  /** Empty: no prefix. */
  readonly prefix: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A desk is further away than a function in the region. */
const CONNECTION_TIMEOUT_MS = 10_000;
/** An exchange ends when no byte has moved for so long, however long it takes as a whole. */
const STALL_MS = 20_000;
const MAX_SOCKETS = 50;

export interface S3Options {
  readonly stallMs?: number;
  readonly log?: Logger;
}

export async function openS3(
  place: BucketPlace,
  environment: Environment,
  options: S3Options = {},
): Promise<ArchiveStore> {
  const { archive, isElsewhere } = await openUnprovenS3(place, environment, options);
  return isElsewhere ? createProvenArchive(archive) : archive;
}

/** `isElsewhere`: it is not Amazon's, so it has still to show that it creates nothing twice. */
export async function openUnprovenS3(
  { bucket, prefix }: BucketPlace,
  environment: Environment,
  { stallMs = STALL_MS, log }: S3Options = {},
): Promise<{ readonly archive: ArchiveStore; readonly isElsewhere: boolean }> {
  const { client, isElsewhere } = await openS3Client(environment, stallMs);
  const onUnknown = (key: string, code: string) =>
    log?.("warn", "an upload was broken off; looking whether it has arrived", { key, code });
  const settings = { bucket, onUnknown, ...(prefix !== "" && { prefix }) };
  const versioned = { ...createS3Archive(settings, client), versions: createS3Versions(settings, client) };
  return { archive: createPacedArchive(versioned, systemClock), isElsewhere };
}

/** Addresses buckets as the store that is named wants it. */
export async function openS3Client(environment: Environment, stallMs = STALL_MS) {
  const client = createS3Client({
    requestHandler: { ...agents(environment), ...PATIENCE, socketTimeout: stallMs },
  });
  const endpoint = await client.config.serviceConfiguredEndpoint?.();
  const isElsewhere = endpoint !== undefined && !isAmazon(endpoint);
  client.config.forcePathStyle = readPathStyle(environment) ?? isElsewhere;
  return { client, isElsewhere };
}

export function openDynamoDb(table: string, environment: Environment): CheckpointStore {
  return createDynamoDbCheckpoint({ table }, createDynamoDbClient(deskSettings(environment)));
}

/** For any client of the SDK that is used from a desk. */
export const deskSettings = (environment: Environment) => ({
  requestHandler: { ...agents(environment), ...PATIENCE },
});

const PATIENCE = { connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: 0, socketTimeout: STALL_MS } as const;

/** Agents that go through the proxy; none without a proxy, where the SDK's own will do. */
function agents(environment: Environment) {
  const proxyEnv = readProxy(environment);
  if (proxyEnv === null) return {};
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, proxyEnv: { ...proxyEnv } };
  return { httpsAgent: new HttpsAgent(options), httpAgent: new HttpAgent(options) };
}

/** Null: the user has not chosen. Stores other than Amazon's rarely have a host name for each bucket. */
function readPathStyle({ AWS_S3_ADDRESSING_STYLE: style }: Environment): boolean | null {
  if (style === undefined || style === "" || style === "auto") return null;
  if (style === "path" || style === "virtual") return style === "path";
  throw misused("AWS_S3_ADDRESSING_STYLE is not path, virtual or auto.", "Give one of these, or leave it out.");
}

const isAmazon = (endpoint: string): boolean =>
  /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(URL.parse(endpoint)?.hostname ?? "");
