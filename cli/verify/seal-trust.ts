/** What whoever verifies knows of an archive's seals: keys, seals noted elsewhere, keys that are no longer trusted. */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { SealPin } from "../../lambda/seal/chain.ts";
import type { SealTrust } from "../../lambda/seal/verify-seals.ts";
import type { AuthorityCertificate } from "../seal/authority-certificate.ts";
import { collectKeys, readKey } from "../seal/public-key.ts";

export interface TrustOptions {
  readonly key?: readonly string[];
  readonly expect?: readonly SealPin[];
  readonly revoked?: readonly { readonly keyId: string; readonly from: number }[];
  readonly gaps?: boolean;
  readonly tsaCa?: string;
}

export const withTrust = (command: Command): Command =>
  command
    .option("--key <vkey|file>", "public key that signed the seals, or its file; repeatable", collectKeys)
    .option("--expect <number:sha256>", "a seal that must be there; repeatable", readPin)
    .option("--revoked <key id@number>", "a key not to be trusted from this seal on; repeatable", readRevoked)
    .option("--no-gaps", "parts of days that were not looked at are faults")
    .option("--tsa-ca <file>", "root certificates (PEM) of the authorities that stamped seals");

export async function readTrust({
  key = [],
  expect = [],
  revoked = [],
  gaps,
  tsaCa,
}: TrustOptions): Promise<SealTrust> {
  const keys = await Promise.all(key.map((given) => readKey(given)));
  const roots = tsaCa === undefined ? [] : await readAuthorities(tsaCa);
  return {
    keys,
    expected: expect,
    revoked,
    refusesGaps: gaps === false,
    // The library behind it is loaded only where there is a stamp.
    checkStamp: async (response, stamped) => {
      const { checkTimestamp } = await import("../seal/timestamp-token.ts");
      return checkTimestamp(response, stamped, roots);
    },
  };
}

/** Also where no stamp needs them, so that a wrong file is not taken for a right one. */
async function readAuthorities(path: string): Promise<readonly AuthorityCertificate[]> {
  const { readRoots } = await import("../seal/authority-certificate.ts");
  return readRoots(await readFile(path, "utf8"));
}

function readPin(value: string, before: readonly SealPin[] = []): readonly SealPin[] {
  const match = /^(\d{1,6}):([0-9a-fA-F]{64})$/.exec(value);
  if (match === null || Number(match[1]) < 1)
    throw new InvalidArgumentError("Give a seal's number and its SHA-256, as verify prints them: 96:3f0c…");
  return [...before, { number: Number(match[1]), sha256: match[2]!.toLowerCase() }];
}

type Revoked = NonNullable<TrustOptions["revoked"]>;

function readRevoked(value: string, before: Revoked = []): Revoked {
  const match = /^([0-9a-f]{8})@(\d{1,6})$/.exec(value);
  if (match === null || Number(match[2]) < 1)
    throw new InvalidArgumentError("Give a key id and the number of a seal, for example a5fb010f@120.");
  return [...before, { keyId: match[1]!, from: Number(match[2]) }];
}
