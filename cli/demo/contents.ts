/** What is in an archive, read from its lines: for the demonstration's table and for comparing with the source. */

import { createLineDigest, type LineDigest } from "../../feed/digest.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createStreamingCodec } from "../../lambda/segment/codec.ts";
import { EVENTS_PREFIX, parseSegmentKey } from "../../lambda/segment/key.ts";
import { exportedLines } from "../export/exported-lines.ts";
import { openArchiveSql } from "../query/engine.ts";
import { formatBytes, formatCount, renderTable } from "../terminal.ts";

interface Month {
  readonly days: Set<string>;
  events: number;
  lineBytes: number;
  storedBytes: number;
}

const COLUMNS = [
  { title: "month" },
  ...["days", "events", "lines", "stored", "ratio"].map((title) => ({ title, align: "right" as const })),
];

export async function contentsTable(archive: ArchiveStore, directory: string): Promise<string> {
  const months = new Map<string, Month>();
  const monthOf = (day: string): Month => {
    const name = day.slice(0, 7);
    const month = months.get(name) ?? { days: new Set(), events: 0, lineBytes: 0, storedBytes: 0 };
    months.set(name, month);
    return month;
  };
  for await (const { key, sizeBytes } of archive.list(EVENTS_PREFIX)) {
    const place = parseSegmentKey(key);
    if (place === null) continue;
    monthOf(place.day).days.add(place.day);
    monthOf(place.day).storedBytes += sizeBytes;
  }
  const sql = await openArchiveSql({ archive: directory });
  try {
    const answer = await sql.query("SELECT dt, count(*), sum(strlen(line)) FROM events GROUP BY 1");
    for await (const rows of answer.rows) {
      for (const [day, events, bytes] of rows) {
        const month = monthOf(String(day));
        month.events += Number(events);
        month.lineBytes += Number(bytes);
      }
    }
  } finally {
    await sql.close();
  }
  const names = [...months.keys()].sort();
  const all = [...months.values()].reduce(sum);
  return renderTable(COLUMNS, [...names.map((name) => row(name, months.get(name)!)), row("all", all)]);
}

const sum = (a: Month, b: Month): Month => ({
  days: a.days.union(b.days),
  events: a.events + b.events,
  lineBytes: a.lineBytes + b.lineBytes,
  storedBytes: a.storedBytes + b.storedBytes,
});

const row = (name: string, { days, events, lineBytes, storedBytes }: Month): string[] => [
  name,
  formatCount(days.size),
  formatCount(events),
  formatBytes(lineBytes),
  formatBytes(storedBytes),
  `${(lineBytes / storedBytes).toFixed(1)} : 1`,
];

/** All lines of the archive, in a form that can be compared with the source's own. */
export async function digestArchive(archive: ArchiveStore, signal: AbortSignal): Promise<LineDigest> {
  const digest = createLineDigest();
  const filter = { startAt: null, endAt: null };
  for await (const lines of exportedLines({ archive, codec: createStreamingCodec() }, filter, signal)) {
    for (const line of lines) digest.add(line);
  }
  return digest.value();
}
