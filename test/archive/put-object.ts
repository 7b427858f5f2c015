import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes an object of an archive in a folder as it is, whatever it is: no store is asked. */
export async function putObject(directory: string, key: string, bytes: Buffer | string): Promise<void> {
  await mkdir(dirname(join(directory, key)), { recursive: true });
  await writeFile(join(directory, key), bytes);
}
