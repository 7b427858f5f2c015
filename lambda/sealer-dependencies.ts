/** The composition root of the sealer: settings in, working parts out. */
import { readSealerConfig } from "./config.ts";
import type { Logger } from "./ports.ts";
import { type SealReport, sealWorkspace } from "./seal/sealer.ts";
import { createStreamingCodec } from "./segment/codec.ts";
import { createKmsClient, createKmsSigner } from "./signers/kms.ts";
import { createSnsClient, publishSeal } from "./signers/seals-topic.ts";
import { keepHeapSmall } from "./small-heap.ts";
import { createS3Client } from "./stores/aws-clients.ts";
import { workspacesWithSegments } from "./stores/known-workspaces.ts";
import { createS3Archive } from "./stores/s3-archive.ts";
import { systemClock } from "./system-clock.ts";
import { writer } from "./writer.ts";

/** What a sealing works with. */
export interface Sealing {
  /** In order: those that are archived, and those of which there are segments. */
  readonly workspaces: readonly string[];
  /** Throws ArchiverError: `halted` where archive, coverage and seals contradict each other. */
  seal(workspace: string, signal: AbortSignal): Promise<SealReport>;
  /** Tells whoever listens of a new seal. Throws ArchiverError. */
  publish(workspace: string, seal: SealReport["sealed"][number]): Promise<void>;
}

/** Finds the workspaces and asks for the key before anything is read or signed. Throws ArchiverError. */
export async function openSealing(
  environment: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<Sealing> {
  keepHeapSmall();
  const config = readSealerConfig(environment);
  const { bucket, bucketOwner, keyArn, sealName: archiveName, topicArn, settings } = config;
  const s3 = createS3Client();
  const sns = createSnsClient();
  const signer = await createKmsSigner({ keyArn, keyName: archiveName }, createKmsClient());
  const archive = createS3Archive({ bucket, expectedOwner: bucketOwner }, s3);
  const codec = createStreamingCodec();
  const deps = { archive, codec, signer, clock: systemClock, log, writer, archiveName, settings };
  const found = await Array.fromAsync(workspacesWithSegments(config, s3));
  return {
    workspaces: [...new Set([...config.workspaces, ...found])].sort(),
    seal: (workspace, signal) => sealWorkspace(deps, workspace, signal),
    publish: (workspace, seal) => publishSeal({ archiveName, workspace, ...seal }, topicArn, sns),
  };
}
