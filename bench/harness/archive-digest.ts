import { createLineDigest, type LineDigest } from "../../feed/digest.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { EVENTS_PREFIX } from "../../lambda/segment/key.ts";
import { segmentLines } from "../../lambda/segment/reader.ts";

/** The digest of all lines of an archive, to compare with the feed's. */
export async function digestOfArchive(archive: ArchiveStore): Promise<LineDigest> {
  const codec = createStreamingCodec();
  const digest = createLineDigest();
  for await (const { key } of archive.list(EVENTS_PREFIX)) {
    const bytes = await archive.get(key);
    for await (const lines of segmentLines(bytes!, codec)) for (const line of lines) digest.add(line);
  }
  return digest.value();
}
