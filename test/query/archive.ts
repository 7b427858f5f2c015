/** Archives for query tests: lines in, a store with real segments out. */
import { type AnswerValue, isTimestampValue, type QueryAnswer } from "../../cli/query/answer.ts";
import { createEvent, type SourceEvent } from "../../lambda/event/event.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import type { ArchiveStore } from "../../lambda/ports.ts";
import { createBodyWriter, placeSegment } from "../../lambda/segment/body.ts";
import { createSyncCodec } from "../fakes/sync-codec.ts";

export const WORKSPACE = "1201";

/** Appends one segment a day, of the events of that day in the order given. */
export async function appendEvents(store: ArchiveStore, events: readonly SourceEvent[], workspace = WORKSPACE) {
  const codec = createSyncCodec();
  for (const [day, ofDay] of Map.groupBy(events, (event) => event.day)) {
    const writer = createBodyWriter(codec);
    for (const event of ofDay) writer.add(event);
    await writer.flush();
    const body = await writer.finish();
    let number = 1;
    for await (const _ of store.list(`events/workspace=${workspace}/dt=${day}/`)) number += 1;
    const previous = number === 1 ? null : { manifestHash: "0".repeat(64), logCount: 0, logNewest: null };
    const { key, bytes } = placeSegment(body, { workspace, day, number, previous, writer: "test", run: "test" });
    await store.create(key, bytes);
  }
}

/** Events as a page would give them. */
export const eventsOf = (...events: readonly object[]): SourceEvent[] =>
  events.map((event) => scanEvent(Buffer.from(JSON.stringify(event))));

/** A line that no page could hold, put into a day by force. */
export const junkOf = (day: string, line: string | Buffer): SourceEvent => ({
  ...createEvent(null, `${day}T00:00:00.000Z`, Buffer.from(line)),
});

/** The rows of an answer, all at once: timestamps as their text, integers as numbers. */
export async function plainRows(answer: QueryAnswer): Promise<(string | number | boolean | null)[][]> {
  const rows: (string | number | boolean | null)[][] = [];
  for await (const piece of answer.rows) rows.push(...piece.map((row) => row.map(plainValue)));
  return rows;
}

function plainValue(value: AnswerValue): string | number | boolean | null {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  return isTimestampValue(value) ? value.timestamp : JSON.stringify(value);
}

/** Lines that are no events: no JSON, cut JSON, other JSON, JSON too deep. */
export const JUNK = [
  ...["not json", "[1,2", '{"gid":"1"', "null", "1", "9", '"text"', '{"gid":"9"} {"gid":"8"}', "\t", "\\N", "{'a':1}"],
  ...[
    "[".repeat(5_000),
    `{"details":${"[".repeat(1_200)}${"]".repeat(1_200)}}`,
    `{"details":{"a":"${"[".repeat(1_200)}"}}`,
  ],
];
