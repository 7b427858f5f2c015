/** What the columnar copy holds of one workspace and month: the files, and every segment whose events are in them. */
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { HOUR_MS } from "../../lambda/event/instant.ts";
import { syncFolder, writeNewFile } from "../../lambda/stores/durable-file.ts";

/** Number, bytes, when the file was changed (milliseconds; 0 where a store does not tell), hash of its compressed bytes. */
export type CopiedSegment = readonly [number: number, sizeBytes: number, changedMs: number, deflated: string];

export interface CopyPart {
  /** A name in the month's folder. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly events: number;
}

export interface CopyManifest {
  /** Hash of the SQL that the columns come from: another version of it makes the copy again. */
  readonly columns: string;
  readonly parts: readonly CopyPart[];
  /** By day. */
  readonly segments: Readonly<Record<string, readonly CopiedSegment[]>>;
}

const FILE = "manifest.json";

/** Null if there is none that can be used: the month is then copied again. */
export function readManifest(folder: string, columns: string): CopyManifest | null {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as CopyManifest;
    const isWhole = ({ file, sizeBytes }: CopyPart) => statSync(join(folder, file)).size === sizeBytes;
    return manifest.columns === columns && manifest.parts.every(isWhole) && isObject(manifest.segments)
      ? manifest
      : null;
  } catch {
    return null; // there is none, or a file of it is gone
  }
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

/** Whenever a process ends while it does this, the manifest is the old one or the new one, and its parts are there. */
export async function writeManifest(folder: string, manifest: CopyManifest): Promise<void> {
  const draft = join(folder, newName("json"));
  await writeNewFile(draft, Buffer.from(JSON.stringify(manifest)));
  renameSync(draft, join(folder, FILE));
  await syncFolder(folder);
  sweep(folder, manifest);
}

export function makeMonthFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Once the manifest names it, it must be there. `write` gives the number of events. */
export async function writePart(folder: string, write: (target: string) => Promise<number>): Promise<CopyPart> {
  const file = newName("parquet");
  const target = join(folder, file);
  try {
    const events = await write(target);
    chmodSync(target, 0o600);
    const handle = openSync(target, "r");
    fsyncSync(handle);
    closeSync(handle);
    return { file, sizeBytes: statSync(target).size, events };
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  }
}

/** Two processes never choose the same. */
const newName = (extension: string): string => `${randomUUID()}.${extension}`;

/** A query that began before the manifest changed may still read the files that it named. */
const SWEPT_AFTER_MS = HOUR_MS;

function sweep(folder: string, { parts }: CopyManifest): void {
  const kept = new Set([FILE, ...parts.map(({ file }) => file)]);
  for (const name of readdirSync(folder)) {
    if (kept.has(name)) continue;
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > SWEPT_AFTER_MS) rmSync(path, { force: true });
  }
}
