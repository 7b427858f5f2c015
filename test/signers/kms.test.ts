/** What the signer makes of KMS's answers, whichever they are. That KMS signs as the seals need it is tried on the emulator. */
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { describe, expect, it, onTestFinished } from "vitest";
import { createKmsSigner } from "../../lambda/signers/kms.ts";
import { startAwsWire, type WireAnswer } from "../fakes/aws-wire.ts";

const keyArn = "arn:aws:kms:eu-west-1:123456789012:key/1";
const pair = generateKeyPairSync("ed25519");
const spki = pair.publicKey.export({ format: "der", type: "spki" });
const TEXT = Buffer.from("archive.example.com/1201/2026-11-20\n3\n");

const json = (value: object): WireAnswer => ({ status: 200, body: JSON.stringify(value) });
const refusal = (type: string, status = 400): WireAnswer => ({ status, body: JSON.stringify({ __type: type }) });
const publicKey = (key = spki, SigningAlgorithms = ["ED25519_SHA_512", "ED25519_PH_SHA_512"]): WireAnswer =>
  json({ KeyId: keyArn, PublicKey: key.toString("base64"), KeyUsage: "SIGN_VERIFY", SigningAlgorithms });
const signature = (): WireAnswer => json({ Signature: sign(null, TEXT, pair.privateKey).toString("base64") });

async function open(...answers: readonly WireAnswer[]) {
  const wire = await startAwsWire(...answers);
  const client = new KMSClient(wire.client);
  onTestFinished(() => client.destroy());
  return { open: () => createKmsSigner({ keyArn, keyName: "archive.example.com" }, client), requests: wire.requests };
}

describe("a key in KMS", () => {
  it("gives the 32 bytes of its public key, under the name that seals bear", async () => {
    const signer = await (await open(publicKey())).open();
    expect(signer.keyName).toBe("archive.example.com");
    expect(signer.publicKey).toEqual(spki.subarray(-32));
  });

  it("signs the text itself, so that the signature is that of Ed25519 and not of a digest", async () => {
    const { open: openSigner, requests } = await open(publicKey(), signature());
    const signed = await (await openSigner()).sign(TEXT);
    expect(verify(null, TEXT, pair.publicKey, signed)).toBe(true);
    expect(JSON.parse(requests.at(-1)!.body.toString())).toEqual({
      KeyId: keyArn,
      Message: TEXT.toString("base64"),
      MessageType: "RAW",
      SigningAlgorithm: "ED25519_SHA_512",
    });
  });

  it("is asked for 4,096 bytes at most: for more, no request is made", async () => {
    const { open: openSigner, requests } = await open(publicKey(), signature());
    const signer = await openSigner();
    await signer.sign(Buffer.alloc(4_096));
    await expect(signer.sign(Buffer.alloc(4_097))).rejects.toThrow(/4096 bytes at most/);
    expect(requests).toHaveLength(2);
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "der", type: "spki" });
  const x25519 = generateKeyPairSync("x25519").publicKey.export({ format: "der", type: "spki" });
  it.each([
    ["of another kind", publicKey(rsa, ["RSASSA_PSS_SHA_256"])],
    ["of another curve", publicKey(x25519)],
    ["that signs digests only", publicKey(spki, ["ED25519_PH_SHA_512"])],
    ["that is not there", json({})],
  ])("%s is refused before anything is signed, with what to name instead", async (_which, answer) => {
    await expect((await open(answer)).open()).rejects.toMatchObject({
      kind: "misconfigured",
      message: expect.stringContaining(keyArn),
      advice: expect.stringContaining("ECC_NIST_EDWARDS25519"),
    });
  });

  it.each([
    ["DisabledException", "misconfigured", /is disabled/, /enable-key/],
    ["KMSInvalidStateException", "misconfigured", /about to be deleted/, /cancel-key-deletion/],
    ["AccessDeniedException", "misconfigured", /access is denied/, /kms:Sign/],
    ["NotFoundException", "misconfigured", /no such key/, /sealingKeyArn/],
    ["ThrottlingException", "unavailable", /too busy/, /again/],
    ["KMSInternalException", "unavailable", /too busy/, /again/],
    ["DependencyTimeoutException", "unavailable", /too busy/, /again/],
  ])("that answers %s says what is wrong and what to do, read or signed with", async (code, kind, cause, advice) => {
    const status = code === "KMSInternalException" || code === "DependencyTimeoutException" ? 500 : 400;
    const expected = { kind, message: expect.stringMatching(cause), advice: expect.stringMatching(advice) };
    await expect((await open(refusal(code, status))).open()).rejects.toMatchObject(expected);
    const signer = await (await open(publicKey(), refusal(code, status))).open();
    await expect(signer.sign(TEXT)).rejects.toMatchObject(expected);
  });

  it("that does not answer is unavailable", async () => {
    await expect((await open("reset")).open()).rejects.toMatchObject({ kind: "unavailable" });
  });
});
