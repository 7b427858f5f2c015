/** Signs with a key that is in a file of its own, for an archive that is sealed on one machine. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { lstat, open } from "node:fs/promises";
import { platform } from "node:os";
import { dirname } from "node:path";
import { ArchiverError } from "../errors.ts";
import { printVerifierKey, verifierKey } from "../seal/note.ts";
import type { Signer } from "../seal/signer.ts";
import { isArchiveName } from "../seal/text.ts";
import { syncFolder, writeNewFile } from "../stores/durable-file.ts";
import { fileError, fileErrorCode, isMissing } from "../stores/file-errors.ts";

/** Far more than the PEM of such a key has. */
const MAX_KEY_FILE_BYTES = 4096;
/** Bits of a file's mode that let others than its owner at it. */
const OTHERS = 0o077;

/**
 * Opens an Ed25519 private key: a PEM file (PKCS#8) that only its owner may read. Throws ArchiverError `misconfigured` for
 * anything else.
 */
export async function openLocalKey(path: string, keyName: string): Promise<Signer> {
  const privateKey = parsePrivateKey(path, await readKeyFile(path));
  return { keyName, publicKey: publicKeyOf(privateKey), sign: async (text) => sign(null, text, privateKey) };
}

/**
 * Makes a new key: `path`, for its owner alone, and `<path>.pub` with the verifier key, which is also returned. Never
 * overwrites. Throws ArchiverError.
 */
export async function createLocalKey(path: string, keyName: string): Promise<string> {
  if (!isArchiveName(keyName))
    throw new ArchiverError(
      "misconfigured",
      `${JSON.stringify(keyName)} cannot be the name of an archive in its seals.`,
      {
        advice: "Use up to 128 letters, digits and . _ - : @, with single slashes between them.",
      },
    );
  for (const file of [path, publicFileOf(path)]) await checkIsFree(file);
  const { privateKey } = generateKeyPairSync("ed25519");
  const text = printVerifierKey(verifierKey(keyName, publicKeyOf(privateKey)));
  await writeNew(path, Buffer.from(privateKey.export({ format: "pem", type: "pkcs8" })));
  await writeNew(publicFileOf(path), Buffer.from(`${text}\n`));
  await syncFolder(dirname(path));
  return text;
}

/** Where `createLocalKey` puts the verifier key. */
export const publicFileOf = (path: string): string => `${path}.pub`;

/** In one descriptor, so that what was looked at is what is read. */
async function readKeyFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_KEY_FILE_BYTES) throw notAKey(path);
      // Windows has no such bits, and shows all of them as set.
      if (platform() !== "win32" && (found.mode & OTHERS) !== 0)
        throw new ArchiverError("misconfigured", `${path} can be read or written by others than its owner.`, {
          advice: `Take their rights away (chmod 600 ${path}). If anybody else may have read it, seal with a new key.`,
        });
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

function parsePrivateKey(path: string, bytes: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: bytes, format: "pem" });
  } catch {
    throw notAKey(path); // without the cause, which may quote the file
  }
  if (key.asymmetricKeyType !== "ed25519") throw notAKey(path);
  return key;
}

const publicKeyOf = (privateKey: KeyObject): Buffer =>
  Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x!, "base64url");

async function writeNew(path: string, bytes: Buffer): Promise<void> {
  try {
    await writeNewFile(path, bytes);
  } catch (error) {
    throw fileErrorCode(error) === "EEXIST" ? isTaken(path) : fileError(error, path);
  }
}

/** Of two files none is written where the other cannot be. */
async function checkIsFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw fileError(error, path);
  });
  if (found !== null) throw isTaken(path);
}

const isTaken = (path: string): ArchiverError =>
  new ArchiverError("misconfigured", `${path} exists already, and is not overwritten.`, {
    advice: "Name another file. Without its key, an archive cannot be sealed on.",
  });

const notAKey = (path: string): ArchiverError =>
  new ArchiverError("misconfigured", `${path} is not an Ed25519 private key in PEM.`, {
    advice: "Name the file that keygen made, or make one.",
  });
