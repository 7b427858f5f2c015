/** Checks of where a desk keeps things: folders, their disk, the token's file, and the store's promise to create once. */
import { formatBytes } from "../terminal.ts";
import { cannotTell, defineCheck, type Failure, notOk, ofFailure, ok } from "./finding.ts";
import { READ } from "./readings.ts";

export interface Folder {
  /** `archive` or `checkpoint`. */
  readonly what: string;
  readonly path: string;
  /** Otherwise it will be made, with the right permissions. */
  readonly isThere: boolean;
  /** Permission bits; null: it is not there, or this system has none. */
  readonly mode: number | null;
  /** Why this user cannot read or write there, or make the folder. */
  readonly failure: Failure | null;
}

export const folderCheck = defineCheck<Folder>(
  ({ what }) => `${what} folder`,
  READ.owner,
  ({ path, isThere, mode, failure }) => {
    if (failure !== null) return ofFailure(failure);
    if (!isThere) return ok(`${path} does not exist yet; the first run makes it`);
    if (mode === null) return cannotTell(`${path} has no permission bits`, "See that only you may read it");
    const others = readers(mode);
    if (others === null) return ok(`${path}, for this user alone`);
    return notOk(
      `${path} is open to ${others} (mode ${octal(mode)})`,
      "Run chmod 700 on it, and give others a copy, an export or an archive in S3",
    );
  },
);

export interface TokenPlace {
  /** The path of a file, or ASANA_TOKEN. */
  readonly from: string;
  /** Permission bits of a plain file; null: it is none. */
  readonly mode: number | null;
  /** Why there is no token. */
  readonly failure: Failure | null;
}

export const tokenPlaceCheck = defineCheck<TokenPlace>("token file", READ.owner, ({ from, mode, failure }) => {
  if (failure !== null) return ofFailure(failure);
  const others = mode === null ? null : readers(mode);
  if (others === null) return ok(mode === null ? `given by ${from}` : `${from}, for this user alone`);
  return notOk(`${from} is open to ${others} (mode ${octal(mode!)})`, "Run chmod 600 on it");
});

/** Who besides its owner may do anything with it. */
function readers(mode: number): string | null {
  if ((mode & 0o007) !== 0) return "every user of this machine";
  return (mode & 0o070) !== 0 ? "its group" : null;
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, "0");

export interface Disk {
  readonly path: string;
  /** What this user may still write. */
  readonly freeBytes: number;
}

/** A segment and its draft take 128 MiB at most; the rest is time to notice. */
const LEAST_FREE_BYTES = 1_000_000_000;

export const diskCheck = defineCheck<Disk>("disk space", READ.disk, ({ path, freeBytes }) => {
  if (!Number.isFinite(freeBytes) || freeBytes < 0) {
    return cannotTell(`the disk of ${path} does not say how much is free`, "Look with df");
  }
  const found = `${formatBytes(freeBytes)} free at ${path}`;
  return freeBytes < LEAST_FREE_BYTES ? notOk(found, "Free some space: at least 1 GB") : ok(found);
});

export interface Attempt {
  readonly place: string;
  readonly failure: Failure | null;
}

export const bucketCheck = defineCheck<Attempt>("archive bucket", READ.denied, ({ place, failure }) =>
  failure === null ? ok(`${place} can be listed`) : ofFailure(failure),
);

/** `failure`: what came of creating one thing twice. */
export const creationCheck = defineCheck<Attempt>("conditional creation", READ.stores, ({ place, failure }) =>
  failure === null ? ok(`${place} refuses to create what exists`) : ofFailure(failure),
);
