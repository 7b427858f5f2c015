import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { ODD_DAY } from "../../lambda/event/instant.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { appendEvents, plainRows } from "./archive.ts";
import { hostileEvents } from "./hostile-lines.ts";

const hostile = hostileEvents(10_000);
let sql: ArchiveSql;

beforeAll(async () => {
  const archive = createMemoryArchive();
  await appendEvents(
    archive,
    hostile.map(({ event }) => event),
  );
  sql = await openArchiveSql({ archive });
});
afterAll(() => sql.close());

const column = async (text: string) => (await plainRows(await sql.query(text))).map(([first]) => first as string);

it("holds what it is meant to hold", () => {
  const lengths = hostile.map(({ event }) => event.line.length);
  expect(new Set(hostile.map(({ event }) => event.day))).toContain(ODD_DAY);
  expect(lengths.filter((length) => length > 1_000_000).length).toBeGreaterThanOrEqual(2);
  expect(hostile.filter(({ event }) => event.id.startsWith("sha256:")).length).toBeGreaterThan(1_000);
});

it.each(["event_lines", "events_all", "events"])(
  "10,000 hostile lines come back from %s byte for byte",
  async (view) => {
    const lines = await column(`SELECT line FROM ${view}`);
    expect(lines.length).toBe(hostile.length);
    const byText = new Set(lines);
    expect(
      hostile.filter(({ event }) => !byText.has(event.line.toString())).map(({ event }) => event.line.toString()),
    ).toEqual([]);
  },
);

it("gid and created_at are those by which the event was archived", async () => {
  const rows = await plainRows(await sql.query("SELECT line, gid, created_at, dt FROM events"));
  const byLine = new Map(rows.map(([line, ...rest]) => [line, rest]));
  for (const { event, isAmbiguous } of hostile) {
    if (isAmbiguous) continue;
    const [gid, createdAt, dt] = byLine.get(event.line.toString())!;
    expect(dt).toBe(event.day);
    // Half a surrogate pair is a question mark in SQL.
    expect(gid).toBe(
      event.id.startsWith("sha256:") ? null : event.id.replace("\ufffd", "?").toWellFormed().replace("\ufffd", "?"),
    );
    if (event.at !== null) expect(createdAt).toBe(`${event.at.slice(0, 10)} ${event.at.slice(11, 23)}`);
  }
});

it("details is the same JSON as in the line", async () => {
  const rows = await plainRows(await sql.query("SELECT line, details FROM events"));
  for (const [line, details] of rows) {
    const expected = JSON.parse(
      (line as string).replaceAll(
        /(\\\\)|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2}/gi,
        (match, pair) => (pair !== undefined || match.length > 6 ? match : "?"),
      ),
    ).details;
    expect(JSON.stringify(JSON.parse(details as string))).toBe(JSON.stringify(expected));
  }
});
