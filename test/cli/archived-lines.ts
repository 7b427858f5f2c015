import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Keys of all segments, sorted. */
export async function segmentsIn(archive: string): Promise<string[]> {
  const names = await readdir(archive, { recursive: true });
  return names.filter((name) => name.endsWith(".ndjson.gz")).sort();
}

/** All lines of an archive, sorted; read with nothing of the product. */
export async function archivedLines(archive: string): Promise<string[]> {
  const keys = await segmentsIn(archive);
  const texts = await Promise.all(keys.map(async (key) => gunzipSync(await readFile(join(archive, key))).toString()));
  return texts.flatMap((text) => text.split("\n").slice(0, -1)).sort();
}
