/** What whoever verifies knows of an archive's seals: keys, seals noted elsewhere, keys that are no longer trusted. */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { parseInstant } from "../../lambda/event/instant.ts";
import type { SealPin } from "../../lambda/seal/chain.ts";
import type { CheckStamp } from "../../lambda/seal/judge-stamps.ts";
import type { RevokedKey, SealTrust } from "../../lambda/seal/verify-seals.ts";
import { collect } from "../arguments.ts";
import type { AuthorityCertificate } from "../seal/authority-certificate.ts";
import { readKey } from "../seal/public-key.ts";

export interface TrustOptions {
  readonly key?: readonly string[];
  readonly expect?: readonly SealPin[];
  readonly revoked?: readonly RevokedKey[];
  readonly gaps?: boolean;
  readonly tsaCa?: string;
}

export const withTrust = (command: Command): Command =>
  command
    .option("--key <vkey|file>", "public key that signed the seals, or its file; repeatable", collect)
    .option("--expect <number:sha256>", "a seal that must be there; repeatable", readPin)
    .option(
      "--revoked <key id@from>",
      "a key not to be trusted from this seal, or this time, on; repeatable",
      readRevoked,
    )
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
  return {
    keys,
    expected: expect,
    revoked,
    refusesGaps: gaps === false,
    checkStamp: await stampChecker(tsaCa),
    demandsCheckedStamps: tsaCa !== undefined,
  };
}

/** `tsaCa`: a file of root certificates, which is read also where no stamp needs it, so that a wrong one is seen to be. */
export async function stampChecker(tsaCa: string | undefined): Promise<CheckStamp> {
  const roots = tsaCa === undefined ? [] : await readAuthorities(tsaCa);
  // The library behind it is loaded only where there is a stamp.
  return async (response, stamped) => {
    const { checkTimestamp } = await import("../seal/timestamp-token.ts");
    return checkTimestamp(response, stamped, roots);
  };
}

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

function readRevoked(value: string, before: readonly RevokedKey[] = []): readonly RevokedKey[] {
  const [, keyId, from] = /^([0-9a-f]{8})@(.+)$/.exec(value) ?? [];
  if (keyId !== undefined && /^[1-9]\d{0,5}$/.test(from!)) return [...before, { keyId, from: Number(from) }];
  const at = parseInstant(from ?? "");
  if (keyId === undefined || at === null)
    throw new InvalidArgumentError(
      "Give a key id and the number of a seal or a time, for example a5fb010f@120 or a5fb010f@2026-11-20T06:00:00Z.",
    );
  return [...before, { keyId, at }];
}
