/**
 * The adapters for AWS, for programs that embed the core: an archive in S3, checkpoints in DynamoDB, a token in Secrets Manager or
 * Parameter Store, a signer in KMS. Clients made here have time-outs that fit the core; any other client of the same service works too.
 */
import "./check-node.ts";
import { type AwsClientSettings, createSsmClient as createClient } from "../lambda/stores/aws-clients.ts";
import type { ParameterClient } from "../lambda/tokens/parameter-store.ts";

export { createKmsClient, createKmsSigner, type KmsSignerSettings } from "../lambda/signers/kms.ts";
export {
  type AwsClientSettings,
  createDynamoDbClient,
  createS3Client,
  createSecretsManagerClient,
} from "../lambda/stores/aws-clients.ts";
export { createDynamoDbCheckpoint } from "../lambda/stores/dynamodb-checkpoint.ts";
export { createProvenArchive } from "../lambda/stores/proven-archive.ts";
export { createS3Archive, type S3ArchiveSettings } from "../lambda/stores/s3-archive.ts";
export { createS3Versions } from "../lambda/stores/s3-versions.ts";
export { createParameterTokens, type ParameterClient } from "../lambda/tokens/parameter-store.ts";
export { createSecretTokens } from "../lambda/tokens/secrets-manager.ts";

/** Loads `@aws-sdk/client-ssm`, a peer dependency, when it is called; throws an Error that says so where it is not installed. */
export async function createSsmClient(settings: AwsClientSettings = {}): Promise<ParameterClient> {
  try {
    return await createClient(settings);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new Error(
      "createSsmClient of asana-audit-archive/aws needs the package @aws-sdk/client-ssm, which is not installed. Run `npm install @aws-sdk/client-ssm`.",
      { cause },
    );
  }
}
