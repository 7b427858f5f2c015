import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { isSignature, parseVerifierKey, verifierKey } from "../../lambda/seal/note.ts";
import { createLocalKey, openLocalKey } from "../../lambda/signers/local-key.ts";

const NAME = "archive.example.com/asana";
let path: string;

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "local-key-")), "seal.key");
});

describe("a new key", () => {
  it("is for its owner alone, with the verifier key beside it, and signs what that verifies", async () => {
    const printed = await createLocalKey(path, NAME);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(`${path}.pub`, "utf8")).toBe(`${printed}\n`);
    const signer = await openLocalKey(path, NAME);
    const key = verifierKey(signer.keyName, signer.publicKey);
    expect(parseVerifierKey(printed)).toEqual(key);
    expect(isSignature(key, "text\n", await signer.sign(Buffer.from("text\n")))).toBe(true);
  });

  it("never overwrites a file", async () => {
    await createLocalKey(path, NAME);
    const before = await readFile(path);
    await expect(createLocalKey(path, NAME)).rejects.toMatchObject({ kind: "misconfigured" });
    expect(await readFile(path)).toEqual(before);
  });

  it("has a name that an archive can have", async () => {
    await expect(createLocalKey(path, "a b")).rejects.toMatchObject({ kind: "misconfigured" });
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});

describe("a key file is refused", () => {
  const open = () => openLocalKey(path, NAME);

  it.each([0o640, 0o604, 0o660, 0o610])("that others can get at, with mode %i", async (mode) => {
    await createLocalKey(path, NAME);
    await chmod(path, mode);
    await expect(open()).rejects.toMatchObject({ kind: "misconfigured", advice: expect.stringContaining("chmod 600") });
  });

  it.each<[string, string | Buffer]>([
    ["that is empty", ""],
    ["that is no key", "secret"],
    ["that is far too long", Buffer.alloc(5000)],
    [
      "of another kind",
      String(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" })),
    ],
    [
      "that holds the public key",
      String(generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" })),
    ],
  ])("%s, without a word of what is in it", async (_, content) => {
    await writeFile(path, content, { mode: 0o600 });
    const error = await open().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: "misconfigured", message: `${path} is not an Ed25519 private key in PEM.` });
    expect((error as Error).cause).toBeUndefined();
  });

  it("that is not there", async () => {
    await expect(open()).rejects.toMatchObject({
      kind: "misconfigured",
      message: expect.stringContaining("it does not exist"),
    });
  });
});
