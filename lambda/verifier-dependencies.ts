/** The composition root of the verifier: settings in, working parts out. */
import { readVerifierConfig } from "./config.ts";
import { ArchiverError } from "./errors.ts";
import type { ArchiveStore, CheckpointStore, Clock, Logger } from "./ports.ts";
import { type VerifierKey, verifierKey } from "./seal/note.ts";
import { type Codec, createStreamingCodec } from "./segment/codec.ts";
import { createKmsClient, createKmsSigner } from "./signers/kms.ts";
import { createDynamoDbClient, createS3Client } from "./stores/aws-clients.ts";
import { createDynamoDbCheckpoint } from "./stores/dynamodb-checkpoint.ts";
import { createS3Archive } from "./stores/s3-archive.ts";
import { createS3Versions } from "./stores/s3-versions.ts";
import { systemClock } from "./system-clock.ts";

/** What a verification works with. */
export interface Verification {
  readonly archive: ArchiveStore;
  readonly checkpoints: CheckpointStore;
  /** The bucket of reports. */
  readonly work: ArchiveStore;
  readonly codec: Codec;
  readonly clock: Pick<Clock, "now">;
  readonly everyDays: number | null;
  readonly expireAfterDays: number | null;
  /** The keys that sign seals. From KMS, and so not from the archive, which whoever forges a seal may have changed. */
  readKeys(): Promise<readonly VerifierKey[]>;
}

/** Made once and kept while the function stays warm, so that connections are used again. Throws ArchiverError. */
export function openVerification(environment: Readonly<Record<string, string | undefined>>, log: Logger): Verification {
  const config = readVerifierConfig(environment);
  const { bucket, bucketOwner: expectedOwner, table, reportsBucket, sealName: keyName } = config;
  const s3 = createS3Client();
  const kms = createKmsClient();
  const archive = createS3Archive({ bucket, expectedOwner }, s3);

  async function readKey(keyArn: string): Promise<VerifierKey[]> {
    try {
      const { publicKey } = await createKmsSigner({ keyArn, keyName }, kms);
      return [verifierKey(keyName, publicKey)];
    } catch (error) {
      if (!(error instanceof ArchiverError)) throw error;
      // Everything else can be verified without it, and the report then says that who signed is not known.
      const { message, advice } = error;
      log("warn", "a public key could not be read", { message, advice });
      return [];
    }
  }

  return {
    archive: { ...archive, versions: createS3Versions({ bucket }, s3) },
    checkpoints: createDynamoDbCheckpoint({ table }, createDynamoDbClient()),
    work: createS3Archive({ bucket: reportsBucket, expectedOwner }, s3),
    codec: createStreamingCodec(),
    clock: systemClock,
    everyDays: config.everyDays,
    expireAfterDays: config.settings.expireAfterDays,
    readKeys: async () => {
      const arns = [config.keyArn, config.formerKeyArn].filter((arn) => arn !== null);
      return (await Promise.all(arns.map(readKey))).flat();
    },
  };
}
