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
const view = fc.constantFrom("events", "events_all", "doubled");
const condition = fc
  .tuple(filter, filter, fc.constantFrom("AND", "OR"))
  .map(([one, other, joined]) => ({ one, other, joined }));
/** Of `doubled` it names only columns that this view has. */
const textOf = ({ one, other, joined }: { one: string; other: string; joined: string }, of: string): string => {
  const [first, second] = [one, other].map((text) =>
    of !== "doubled" || /^(dt|gid|strpos|workspace|true)/.test(text) ? text : "true",
  );
  return `(${first}) ${joined} (${second})`;
};
const question = fc
  .tuple(view, fc.constantFrom("*", "count(*), count(DISTINCT gid), min(line), max(path)"), condition)
  .map(([of, columns, where]) => `SELECT ${columns} FROM ${of} WHERE ${textOf(where, of)} ORDER BY ALL`);
/** Of each condition the number of rows and a hash over all their columns, in one statement: to bind it takes most of its time. */
const FILTERS = 40;
const manyQuestions = fc
  .tuple(view, condition, fc.array(condition, { minLength: FILTERS, maxLength: FILTERS }))
  .map(([of, where, filters]) => {
    const answers = filters.flatMap((each) => {
      const those = `FILTER (WHERE ${textOf(each, of)})`;
      return [`count(*) ${those}`, `CAST(bit_xor(hash(held)) ${those} AS VARCHAR)`];
    });
    return `SELECT ${answers.join(", ")} FROM ${of} AS held WHERE ${textOf(where, of)}`;
  });

async function openCopy(): Promise<ArchiveSql> {
  const place = await mkdtemp(join(folder, "random-"));
  const onFault = (error: unknown) => expect.fail(String(error));
  return await openArchiveSql({ archive: store, copy: { folder: place, onCopying: () => undefined, onFault } });
}

it.each([
  ["any question has the same answer from the copy, whatever was copied before", question, 6],
  [`so have any ${FILTERS} conditions asked at once`, manyQuestions, 2],
] as const)("%s", { timeout: Math.max(300_000, tries(6).numRuns * 5_000) }, async (_, texts, usual) => {
  let sql = await openCopy();
  let asked = 0;
  const property = fc.asyncProperty(texts, async (text) => {
    if (++asked % 3 === 0) {
      await sql.close();
      sql = await openCopy();
    }
    expect(await rowsOf(sql, text)).toEqual(await rowsOf(record, text));
  });
  await fc.assert(property, tries(usual));
  await sql.close();
});
