/** The composition root of the sealer: settings in, working parts out. */
import { randomBytes } from "node:crypto";
import { readSealerConfig, type SealerConfig } from "./config.ts";
import { ArchiverError } from "./errors.ts";
import type { Clock, Logger } from "./ports.ts";
import { NoteError, parseVerifierKey } from "./seal/note.ts";
import { type SealDeps, type SealedDay, type SealReport, sealWorkspace } from "./seal/sealer.ts";
import type { Signer } from "./seal/signer.ts";
import { type StampDeps, type StampedSeal, type StampReport, stampNewest } from "./seal/stamp-newest.ts";
import { type FormerKey, takeOver } from "./seal/take-over.ts";
import { NONCE_BYTES } from "./seal/timestamp-request.ts";
import { createStreamingCodec } from "./segment/codec.ts";
import { createKmsClient, createKmsSigner } from "./signers/kms.ts";
import { createSnsClient, publishSeal } from "./signers/seals-topic.ts";
import { keepHeapSmall } from "./small-heap.ts";
import { openAuthorities } from "./stamps/open-authorities.ts";
import { createS3Client } from "./stores/aws-clients.ts";
import { workspacesWithSegments } from "./stores/known-workspaces.ts";
import { createS3Archive } from "./stores/s3-archive.ts";
import { systemClock } from "./system-clock.ts";
import { writer } from "./writer.ts";

/** What a sealing works with. */
export interface Sealing {
  /** In order: those that are archived, and those of which there are segments. */
  readonly workspaces: readonly string[];
  /** Those of them that nobody archives any more: what was not looked at stays so, and is no news. */
  readonly retired: ReadonlySet<string>;
  /**
   * Has the sealing key take over where the one that was named as the former one is in force. Null: there was nothing to
   * do. Throws ArchiverError.
   */
  takeOver(workspace: string, signal: AbortSignal): Promise<SealedDay | null>;
  /** Throws ArchiverError: `halted` where archive, coverage and seals contradict each other. */
  seal(workspace: string, signal: AbortSignal): Promise<SealReport>;
  /** Tells whoever listens of a new seal. Throws ArchiverError. */
  publish(workspace: string, seal: SealedDay): Promise<void>;
  /** For how old a stamp is. */
  readonly clock: Pick<Clock, "now">;
  /** Has a seal stamped where that is due. Null: there are no authorities. Throws as `stampNewest`. */
  readonly stamp: ((workspace: string, seal: StampedSeal, signal: AbortSignal) => Promise<StampReport>) | null;
}

/** Finds the workspaces and asks for the key before anything is read or signed. Throws ArchiverError. */
export async function openSealing(
  environment: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<Sealing> {
  keepHeapSmall();
  const config = readSealerConfig(environment);
  const { bucket, bucketOwner, keyArn, sealName: archiveName, topicArn, settings, stamps } = config;
  const s3 = createS3Client();
  const kms = createKmsClient();
  const sns = createSnsClient();
  const signerOf = (arn: string) => createKmsSigner({ keyArn: arn, keyName: archiveName }, kms);
  const signer = await signerOf(keyArn);
  const former = await formerKey(config, signerOf);
  const archive = createS3Archive({ bucket, expectedOwner: bucketOwner }, s3);
  const codec = createStreamingCodec();
  const deps: SealDeps = { archive, codec, signer, clock: systemClock, log, writer, archiveName, settings };
  const found = await Array.fromAsync(workspacesWithSegments(config, s3));
  const stampDeps: StampDeps | null = stamps && {
    archive,
    clock: systemClock,
    log,
    authorities: openAuthorities(stamps.urls).authorities,
    everyDays: stamps.everyDays,
    nonce: () => randomBytes(NONCE_BYTES),
  };
  const retired = new Set(found).difference(new Set(config.workspaces));
  return {
    workspaces: [...config.workspaces, ...retired].sort(),
    retired,
    takeOver: async (workspace, signal) => former && (await takeOver(deps, workspace, former, signal)),
    seal: (workspace, signal) => sealWorkspace({ ...deps, isRetired: retired.has(workspace) }, workspace, signal),
    publish: (workspace, seal) => publishSeal({ archiveName, workspace, ...seal }, topicArn, sns),
    clock: systemClock,
    stamp: stampDeps && ((workspace, seal, signal) => stampNewest(stampDeps, workspace, seal, signal)),
  };
}

/** Null: no other key signed before, as far as the settings say. */
async function formerKey(
  { formerKeyArn, lostKey }: SealerConfig,
  signerOf: (arn: string) => Promise<Signer>,
): Promise<FormerKey | null> {
  if (formerKeyArn !== null) return { reason: "rotation", signer: await signerOf(formerKeyArn) };
  if (lostKey === null) return null;
  try {
    return { reason: "loss", key: parseVerifierKey(lostKey) };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new ArchiverError("misconfigured", `lostSealingKey cannot be used: ${error.message}.`, {
      advice: "Copy the first line of the lost key's file below keys/ of the archive, as it stands.",
    });
  }
}
