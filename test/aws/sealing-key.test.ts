/** Signs on an emulated KMS, which has real keys: what it signs is verified with node's own Ed25519. */
import { createPublicKey, verify } from "node:crypto";
import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { SNSClient } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verify as verifyArchive } from "../../lambda/archive/verify.ts";
import { SIGNING } from "../../lambda/contract.ts";
import { sealWorkspace } from "../../lambda/seal/sealer.ts";
import type { Signer } from "../../lambda/seal/signer.ts";
import { takeOver } from "../../lambda/seal/take-over.ts";
import { NO_TRUST } from "../../lambda/seal/verify-seals.ts";
import { createKmsClient, createKmsSigner } from "../../lambda/signers/kms.ts";
import { publishSeal } from "../../lambda/signers/seals-topic.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { NEVER } from "../fakes/run.ts";
import { keyOfSigner } from "../seal/sample-chain.ts";
import { depsAt, type Objects, putLog, putLook } from "../seal/sealed-archive.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { isEmulatorInstalled } from "./install.ts";

const TEXT = Buffer.from("archive.example.com/1201/2026-11-20\n3\n");

describe.runIf(isEmulatorInstalled())("a signing key in an emulated KMS", () => {
  let emulator: Emulator;
  let kms: KMSClient;
  let keyArn: string;

  const create = async (spec: "ECC_NIST_EDWARDS25519" | "ECC_NIST_P256") => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: SIGNING.keyUsage }));
    return KeyMetadata!.Arn!;
  };
  const open = (arn = keyArn): Promise<Signer> => createKmsSigner({ keyArn: arn, keyName: "archive.example.com" }, kms);

  beforeAll(async () => {
    emulator = await startEmulator();
    kms = createKmsClient(emulator.client);
    keyArn = await create(SIGNING.keySpec);
  });
  afterAll(() => emulator?.stop());

  it("signs any text of up to 4,096 bytes as Ed25519 does", async () => {
    const signer = await open();
    const publicKey = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: signer.publicKey.toString("base64url") },
      format: "jwk",
    });
    for (const text of [TEXT, Buffer.alloc(4_096, "é")]) {
      const signature = await signer.sign(text);
      expect(signature).toHaveLength(64);
      expect(verify(null, text, publicKey, signature)).toBe(true);
      expect(verify(null, text.subarray(1), publicKey, signature)).toBe(false);
    }
  });

  it("of another kind is refused before anything is signed", async () => {
    await expect(open(await create("ECC_NIST_P256"))).rejects.toMatchObject({
      kind: "misconfigured",
      advice: expect.stringContaining(SIGNING.keySpec),
    });
  });

  it("that is disabled says so until it is enabled again", async () => {
    const signer = await open();
    await kms.send(new DisableKeyCommand({ KeyId: keyArn }));
    await expect(signer.sign(TEXT)).rejects.toMatchObject({
      kind: "misconfigured",
      message: expect.stringMatching(/is disabled/),
    });
    await kms.send(new EnableKeyCommand({ KeyId: keyArn }));
    expect(await signer.sign(TEXT)).toHaveLength(64);
  });

  it("that is pending deletion says so, and how to take that back", async () => {
    const doomed = await create(SIGNING.keySpec);
    const signer = await open(doomed);
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: doomed, PendingWindowInDays: 30 }));
    await expect(signer.sign(TEXT)).rejects.toMatchObject({
      kind: "misconfigured",
      advice: expect.stringMatching(/cancel-key-deletion/),
    });
  });

  it("that does not exist says so", async () => {
    await expect(open(keyArn.replace(/[^/]+$/, "00000000-0000-0000-0000-000000000000"))).rejects.toMatchObject({
      message: expect.stringMatching(/no such key/),
    });
  });

  it("hands over to another one, and whoever trusts the first follows to all that is sealed since", async () => {
    const objects: Objects = new Map();
    const day = "2026-05-01";
    const deps = (signer: Signer, at: string) => depsAt(objects, at, { signer, archiveName: signer.keyName });
    const first = await open();
    const second = await open(await create(SIGNING.keySpec));
    await putLog(objects, day, 3);
    putLook(objects, day);
    await sealWorkspace(deps(first, "2026-05-02"), WORKSPACE, NEVER);
    const former = { reason: "rotation", signer: first } as const;
    expect(await takeOver(deps(second, "2026-05-03"), WORKSPACE, former, NEVER)).toMatchObject({ number: 2 });
    expect(await takeOver(deps(second, "2026-05-03"), WORKSPACE, former, NEVER)).toBeNull();
    putLook(objects, "2026-05-02");
    await sealWorkspace(deps(second, "2026-05-03"), WORKSPACE, NEVER);
    const archive = createMemoryArchive(objects);
    const verifying = (signer: Signer) =>
      verifyArchive({ archive, codec }, { trust: { ...NO_TRUST, keys: [keyOfSigner(signer)] } });
    expect(await verifying(first)).toMatchObject({ outcome: "clean", seals: [{ seals: 3, keys: { length: 2 } }] });
    // Who has only the new key is told that it vouches for what was before.
    expect((await verifying(second)).seals[0]!.keys).toMatchObject([{ trust: "vouched" }, { trust: "given" }]);
  });

  it("a seal that cannot be published names its topic", async () => {
    const notice = { archiveName: "archive", workspace: "1201", day: "2026-11-20", number: 12, sha256: "00" };
    const topicArn = "arn:aws:sns:us-east-1:000000000000:nobody";
    await expect(publishSeal(notice, topicArn, new SNSClient(emulator.client))).rejects.toMatchObject({
      message: expect.stringContaining(topicArn),
    });
  });
});
