/** Where seals and public keys are. */
import { isGid } from "../event/parse.ts";
import { isSealNumber } from "./text.ts";

export const SEALS_PREFIX = "seals/";
export const KEYS_PREFIX = "keys/";

const SEAL_KEY = /^seals\/workspace=([^/]+)\/(\d{6})\.txt$/;
const KEY_ID = /^[0-9a-f]{8}$/;

export interface SealPlace {
  readonly workspace: string;
  readonly number: number;
}

export function sealsPrefix(workspace: string): string {
  if (!isGid(workspace)) throw new Error(`not a workspace gid: ${JSON.stringify(workspace)}`);
  return `${SEALS_PREFIX}workspace=${workspace}/`;
}

/** Six digits, so that key order is number order. */
export function sealKey(workspace: string, number: number): string {
  if (!isSealNumber(number)) throw new Error(`not a seal's number: ${number}`);
  return `${sealsPrefix(workspace)}${sixDigits(number)}.txt`;
}

/** The exact inverse: null for every text that `sealKey` cannot give. */
export function parseSealKey(key: string): SealPlace | null {
  const match = SEAL_KEY.exec(key);
  if (match === null) return null;
  const place = { workspace: match[1]!, number: Number(match[2]) };
  return isGid(place.workspace) && isSealNumber(place.number) ? place : null;
}

/** Of the public key beside the archive: a convenience, never a reason to trust it. */
export function publicKeyKey(keyId: string): string {
  if (!KEY_ID.test(keyId)) throw new Error(`not a key id: ${JSON.stringify(keyId)}`);
  return `${KEYS_PREFIX}${keyId}.txt`;
}

const sixDigits = (number: number): string => String(number).padStart(6, "0");
