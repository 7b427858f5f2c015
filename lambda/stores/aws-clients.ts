import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/**
 * The clients as the archiver wants them. Region, credentials and endpoint are found where the SDK always finds them.
 * What is set here bounds a call: tried `MAX_ATTEMPTS` times, each within its time, so that the last creates and the
 * last move of a run fit into the time it keeps in hand.
 */
export const createS3Client = (): S3Client =>
  new S3Client({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { ...CONNECTION, requestTimeout: OBJECT_TIMEOUT_MS },
    // A create brings its own SHA-256, which S3 verifies and keeps, and each segment proves its own content.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

export const createDynamoDbClient = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { ...CONNECTION, requestTimeout: ITEM_TIMEOUT_MS },
  });

export const createSecretsManagerClient = (): SecretsManagerClient =>
  new SecretsManagerClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { ...CONNECTION, requestTimeout: ITEM_TIMEOUT_MS },
  });

const MAX_ATTEMPTS = 3;
/** A segment is a few MB; from a desk, that may take a while. */
const OBJECT_TIMEOUT_MS = 12_000;
const ITEM_TIMEOUT_MS = 3_000;

/** Connections are kept alive, as the SDK does by itself. */
const CONNECTION = { connectionTimeout: 2_000, throwOnRequestTimeout: true, socketTimeout: 10_000 } as const;
