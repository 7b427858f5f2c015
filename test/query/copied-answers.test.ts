/** Of an archive with late, doubled, hostile and unreadable lines, any question has the same answer from the columnar copy. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { tries } from "../tries.ts";
import { appendEvents, JUNK, junkOf, plainRows } from "./archive.ts";
import { hostileEvents } from "./hostile-lines.ts";
import { COLLECTED, makeSample, writeSample } from "./sample-archive.ts";

const QUESTIONS = tries(6);
const store = createMemoryArchive();
let record: ArchiveSql;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "copied-answers-"));
  const sample = makeSample().filter((_, index) => index % 12 === 0); // one in twelve: each question is asked twice
  await writeSample(store, sample);
  const doubled = sample.filter((_, index) => index % 10 === 0 && sample[index]!.workspace === COLLECTED);
  await appendEvents(
    store,
    doubled.map(({ event }) => event),
    COLLECTED,
  );
  await appendEvents(
    store,
    hostileEvents(60).flatMap(({ event }) => (event.line.length < 100_000 ? [event] : [])),
    COLLECTED,
  );
  const junk = [...JUNK, ...JUNK, Buffer.from([0x7b, 0xff, 0x7d])];
  await appendEvents(
    store,
    junk.map((line) => junkOf("2026-05-12", line)),
    COLLECTED,
  );
  record = await openArchiveSql({ archive: store });
});
afterAll(async () => {
  await record.close();
  await rm(folder, { recursive: true });
});

const rowsOf = async (sql: ArchiveSql, text: string) => plainRows(await sql.query(text));

const day = fc
  .integer({ min: 0, max: 34 })
  .map((after) => new Date(Date.UTC(2026, 3, 28 + after)).toISOString().slice(0, 10));
const filter = fc.oneof(
  day.map((from) => `dt >= '${from}'`),
  fc.tuple(day, day).map(([from, to]) => `dt >= '${from}' AND dt < '${to}'`),
  day.map((one) => `dt = '${one}'`),
  day.map((from) => `created_at >= CAST('${from} 12:00:00' AS timestamp(3))`),
  fc.constantFrom(
    "event_category = 'deletion'",
    "actor_email LIKE '%1@%'",
    "client_ip_address IS NULL",
    "strpos(line, 'Secret') > 0",
    "gid IS NULL",
    "length(details) > 20",
    "workspace = '1202'",
    "dt = '2021-10-07'",
    "true",
  ),
);
const question = fc
  .tuple(
    fc.constantFrom("events", "events_all", "doubled"),
    fc.constantFrom("*", "count(*), count(DISTINCT gid), min(line), max(path)"),
    filter,
    filter,
    fc.constantFrom("AND", "OR"),
  )
  .map(([view, columns, one, other, joined]) => {
    const asked =
      view === "doubled"
        ? [one, other].map((text) => (/^(dt|gid|strpos|workspace|true)/.test(text) ? text : "true"))
        : [one, other];
    return `SELECT ${columns} FROM ${view} WHERE (${asked[0]}) ${joined} (${asked[1]}) ORDER BY ALL`;
  });

it(
  "any question has the same answer from the copy, whatever was copied before",
  async () => {
    const open = async () => {
      const place = await mkdtemp(join(folder, "random-"));
      const copy = {
        folder: place,
        onCopying: () => undefined,
        onFault: (error: unknown) => expect.fail(String(error)),
      };
      return await openArchiveSql({ archive: store, copy });
    };
    let sql = await open();
    let asked = 0;
    const property = fc.asyncProperty(question, async (text) => {
      if (++asked % 3 === 0) {
        await sql.close();
        sql = await open();
      }
      expect(await rowsOf(sql, text)).toEqual(await rowsOf(record, text));
    });
    await fc.assert(property, QUESTIONS);
    await sql.close();
  },
  Math.max(300_000, QUESTIONS.numRuns * 300),
);
