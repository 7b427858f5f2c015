import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ParameterClient } from "../tokens/parameter-store.ts";

/** What the SDK else finds by itself, in the environment and in the files of its user. */
export interface AwsClientSettings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** In place of the bounds below, which are those of a function that has little time left. */
  readonly requestHandler?: {
    readonly httpsAgent?: HttpsAgent;
    readonly httpAgent?: HttpAgent;
    readonly connectionTimeout?: number;
    /** From the request to the answer; 0: unbounded. */
    readonly requestTimeout?: number;
    /** Without a byte. */
    readonly socketTimeout?: number;
  };
}

/**
 * The clients as the archiver wants them: a call is tried `MAX_ATTEMPTS` times, each within its time, so that the last
 * creates and the last move of a run fit into the time it keeps in hand.
 */
export const createS3Client = (settings: AwsClientSettings = {}): S3Client =>
  new S3Client({
    ...boundedClient(settings, OBJECT_TIMEOUT_MS),
    // A create brings its own SHA-256, which S3 verifies and keeps, and each segment proves its own content.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

export const createDynamoDbClient = (settings: AwsClientSettings = {}): DynamoDBClient =>
  new DynamoDBClient(boundedClient(settings));

export const createSecretsManagerClient = (settings: AwsClientSettings = {}): SecretsManagerClient =>
  new SecretsManagerClient(boundedClient(settings));

/** Loads the SDK's code only when it is called. The function takes it from Lambda's runtime: bundled, it would be there for everybody. */
export async function createSsmClient(settings: AwsClientSettings = {}): Promise<ParameterClient> {
  const { SSM } = await import("@aws-sdk/client-ssm");
  return new SSM(boundedClient(settings));
}

const MAX_ATTEMPTS = 3;
/** A segment is a few MB. */
const OBJECT_TIMEOUT_MS = 12_000;
const ITEM_TIMEOUT_MS = 3_000;

/** Connections are kept alive; the SDK does that by itself. */
const CONNECTION = { connectionTimeout: 2_000, socketTimeout: 10_000, throwOnRequestTimeout: true } as const;

/** Configuration of a client whose calls are bounded in number and time: that of a small answer, unless said otherwise. */
export const boundedClient = (settings: AwsClientSettings, requestTimeout = ITEM_TIMEOUT_MS) => ({
  ...settings,
  maxAttempts: MAX_ATTEMPTS,
  requestHandler: { ...CONNECTION, requestTimeout, ...settings.requestHandler },
});
