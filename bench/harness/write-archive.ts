import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createCompany, eventsOf, type LoggedEvent } from "../../feed/company.ts";
import { FEED_WORKSPACE } from "../../feed/options.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { DAY_MS } from "../../lambda/event/instant.ts";
import type { LogEnd } from "../../lambda/ports.ts";
import { createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { NOW_MS } from "./now.ts";

/** `servePages` serves the same company under this seed. */
export const ARCHIVED_SEED = 5;

export interface ArchivedExtent {
  readonly events: number;
  readonly days: number;
}

export const archivedCompany = ({ events, days }: ArchivedExtent) =>
  createCompany({ seed: ARCHIVED_SEED, fromMs: NOW_MS - days * DAY_MS, toMs: NOW_MS, events, lateRate: 0 });

/**
 * Writes the archive of a company's last days into a folder: the bytes that the store would write, without its precautions
 * against crashes. A segment ends where `slotOf` changes, which it has to do at every midnight. Returns the number of segments.
 */
export async function writeArchive(
  folder: string,
  extent: ArchivedExtent,
  slotOf: (event: LoggedEvent, index: number) => number,
): Promise<number> {
  const codec = createStreamingCodec(1);
  let segments = 0;
  let index = 0;
  let slot = -1;
  let writer = createBodyWriter(codec);
  let last: (Pick<LogEnd, "number" | "manifestHash" | "logCount" | "logNewest"> & { readonly day: string }) | null =
    null;
  const close = async () => {
    if (writer.count === 0) return;
    const body = await writer.finish();
    const { day } = body;
    const previous: typeof last = last?.day === day ? last : null;
    const number = (previous?.number ?? 0) + 1;
    const placed = placeSegment(body, {
      workspace: FEED_WORKSPACE,
      day,
      number,
      previous,
      writer: "bench",
      run: "bench",
    });
    const path = join(folder, placed.key);
    if (number === 1) await mkdir(dirname(path), { recursive: true });
    await writeFile(path, placed.bytes);
    const { logCount, logNewest } = placed.manifest;
    last = { day, number, manifestHash: placed.manifestHash, logCount, logNewest };
    writer = createBodyWriter(codec);
    segments += 1;
  };
  for (const event of eventsOf(archivedCompany(extent))) {
    const at = slotOf(event, index++);
    if (at !== slot) await close();
    slot = at;
    writer.add(scanEvent(event.line));
  }
  await close();
  return segments;
}
