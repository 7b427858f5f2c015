/** Folders that hold an archive with days that can be sealed now: the command line's clock is the machine's. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createLocalKey } from "../../lambda/signers/local-key.ts";
import { putLog, putLook } from "../seal/sealed-archive.ts";
import { ARCHIVE_NAME } from "../seal/signers.ts";
import { dayFromNow, type Ended, makeDirectory, runCli } from "./run-cli.ts";

/** The oldest first: six events in two segments, a quiet day, one event. All of them are settled, and looked at to their end. */
export const DAYS = [dayFromNow(-4), dayFromNow(-3), dayFromNow(-2)] as const;

/** Of the first day: the fourth of its six events, in the second of its two segments. */
export const SEALED_GID = `${DAYS[0].replaceAll("-", "")}000003`;

export interface SealedFolder {
  readonly folder: string;
  readonly archive: string;
  /** The private key's file. */
  readonly key: string;
  readonly publicKey: string;
  /** The path of a file that the folder may get. */
  path(name: string): string;
  /** Runs a command on the archive. */
  run(command: string, ...more: readonly string[]): Promise<Ended>;
}

/** Not yet sealed. */
export async function makeSealable(): Promise<SealedFolder> {
  const folder = await makeDirectory();
  const path = (name: string) => join(folder, name);
  const archive = path("archive");
  const objects = new Map<string, Buffer>();
  await putLog(objects, DAYS[0], 2, 4);
  await putLog(objects, DAYS[2], 1);
  for (const day of DAYS) putLook(objects, day);
  await writeObjects(archive, objects);
  const key = path("seal.key");
  await createLocalKey(key, ARCHIVE_NAME);
  const run = (command: string, ...more: readonly string[]) => runCli([command, "--archive", archive, ...more]);
  return { folder, archive, key, publicKey: `${key}.pub`, path, run };
}

export async function makeSealed(): Promise<SealedFolder> {
  const sealable = await makeSealable();
  const { code, stderr } = await sealable.run("seal", "--key", sealable.key);
  if (code !== 0) throw new Error(stderr);
  return sealable;
}

export async function writeObjects(archive: string, objects: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [key, bytes] of objects) {
    await mkdir(dirname(join(archive, key)), { recursive: true });
    await writeFile(join(archive, key), bytes);
  }
}

export const readObject = (archive: string, key: string): Promise<Buffer> => readFile(join(archive, key));
