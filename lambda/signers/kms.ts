import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { SIGNING } from "../contract.ts";
import { ArchiverError } from "../errors.ts";
import type { Signer } from "../seal/signer.ts";
import { type AwsClientSettings, boundedClient } from "../stores/aws-clients.ts";
import { awsError, awsFault } from "../stores/aws-errors.ts";

export const createKmsClient = (settings: AwsClientSettings = {}): KMSClient => new KMSClient(boundedClient(settings));

export interface KmsSignerSettings {
  /** ARN of an Ed25519 key. */
  readonly keyArn: string;
  /** The name of the key in every seal. */
  readonly keyName: string;
}

/**
 * Signs with an Ed25519 key of KMS, which nobody can take out of there. Its public key is asked for once, so what KMS signs
 * afterwards can be held against it. Throws ArchiverError.
 */
export async function createKmsSigner({ keyArn, keyName }: KmsSignerSettings, client: KMSClient): Promise<Signer> {
  const place = `key ${keyArn}`;

  async function readPublicKey(): Promise<Buffer> {
    const answer = await client.send(new GetPublicKeyCommand({ KeyId: keyArn })).catch((error: unknown) => {
      throw kmsError(error, "read the public key that verifies seals", place);
    });
    const spki = Buffer.from(answer.PublicKey ?? []);
    const canSign = answer.SigningAlgorithms?.includes(SIGNING.algorithm) === true;
    if (!canSign || spki.length !== SPKI_BYTES || !spki.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX)) {
      throw new ArchiverError("misconfigured", `KMS has no Ed25519 key for signing there (${place}).`, {
        advice: `Name a key of the spec ${SIGNING.keySpec} with the usage ${SIGNING.keyUsage}.`,
      });
    }
    return spki.subarray(SPKI_PREFIX.length);
  }

  async function sign(text: Buffer): Promise<Buffer> {
    if (text.length > MAX_MESSAGE_BYTES) {
      throw new RangeError(`KMS signs ${MAX_MESSAGE_BYTES} bytes at most, and a seal's text has ${text.length}.`);
    }
    // The plain signature is over the text itself, which only RAW gives: of a digest, KMS makes another kind.
    const request = new SignCommand({
      KeyId: keyArn,
      Message: text,
      MessageType: "RAW",
      SigningAlgorithm: SIGNING.algorithm,
    });
    const { Signature } = await client.send(request).catch((error: unknown) => {
      throw kmsError(error, "sign a seal", place);
    });
    return Buffer.from(Signature ?? []);
  }

  return { keyName, publicKey: await readPublicKey(), sign };
}

/** KMS's limit for a message that it hashes itself. */
const MAX_MESSAGE_BYTES = 4_096;

/** What precedes the 32 bytes of an Ed25519 key in the form that KMS gives (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const SPKI_BYTES = SPKI_PREFIX.length + 32;

/** Nothing is lost by any of these: the next sealing makes up for it, once the key can be used. */
function kmsError(error: unknown, doing: string, place: string): ArchiverError {
  const { code } = awsFault(error);
  const known = MEANINGS[code];
  if (known === undefined) return awsError(error, doing, place);
  const [cause, advice] = known;
  return new ArchiverError("misconfigured", `AWS could not ${doing} (${place}): ${cause} (${code}).`, {
    advice,
    cause: error,
  });
}

const MEANINGS: Readonly<Record<string, readonly [cause: string, advice: string]>> = {
  DisabledException: [
    "the key is disabled",
    "Find out who disabled it (CloudTrail, DisableKey), and enable it again (aws kms enable-key).",
  ],
  KMSInvalidStateException: [
    "the key is about to be deleted, or its state does not allow it",
    "See its state (aws kms describe-key). If its deletion is pending, take the order back at once (aws kms cancel-key-deletion), enable it, and find out who gave the order.",
  ],
  AccessDeniedException: [
    "access is denied",
    "Check the policy of the key, that of the sealer's role, and service control policies: the role needs kms:Sign and kms:GetPublicKey.",
  ],
  NotFoundException: [
    "there is no such key",
    "Check sealingKeyArn, the account and the region. If the key was deleted, name another: the seals that it signed stay as they are.",
  ],
};
