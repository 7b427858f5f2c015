/** What is found is what plain TypeScript finds in the events that the archive is known to hold. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArchiveSql, openArchiveSql } from "../../cli/query/engine.ts";
import { ask } from "../../cli/query/questions.ts";
import { questionNamed } from "../../cli/question-help.ts";
import { scanEvent } from "../../lambda/event/event-scanner.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { plainRows } from "./archive.ts";
import { EXPECTED } from "./expected-answers.ts";
import { type KnownEvent, readKnown } from "./known-events.ts";
import { COLLECTED, makeSample, RANGE, RETIRED, type SampleEvent, writeSample } from "./sample-archive.ts";
import { valuesFor } from "./sample-values.ts";

const search = questionNamed("search");
const who = questionNamed("who");
const FOUND_IN = 3;
/** A few days, so that many texts can be searched for. */
const WINDOW = { since: "2026-05-12", until: "2026-05-15" };

const planted = (gid: string, more: object): SampleEvent => ({
  workspace: COLLECTED,
  event: scanEvent(Buffer.from(JSON.stringify({ gid, created_at: "2026-05-12T10:00:00.000Z", ...more }))),
  segment: 1,
});

/** Texts that SQL, LIKE or a regular expression would take for more than they are, and every field that is searched. */
const HOSTILE = [
  "100%_done",
  "it's",
  "a\\b",
  "' OR '1'='1",
  "x'); DROP VIEW events; --",
  ".*",
  "[a-z]",
  "$text",
  ":since",
];
/** Each is one text in several spellings, of which the events hold every one. */
const SPELLINGS = [
  ["Zoë Ångström".normalize("NFC"), "Zoë Ångström".normalize("NFD"), "ZOË ÅNGSTRÖM".normalize("NFD")],
  ["İSTANBUL ISPARTA", "istanbul ısparta", "i\u0307stanbul ısparta", "I\u0307STANBUL ISPARTA"],
  ["ΟΔΟΣ ΣΩΚΡΑΤΗΣ", "οδος σωκρατης", "Οδοσ Σωκράτης".replace("ά", "α")],
  ["Straẞe", "straße"],
];
const spelt = (row: number, column: number) => `spelt-${row}-${column}`;
const PLANTED: readonly SampleEvent[] = [
  ...SPELLINGS.flatMap((spellings, row) =>
    spellings.map((name, column) =>
      planted(spelt(row, column), { actor: { actor_type: "user", gid: spelt(row, column), name } }),
    ),
  ),
  ...HOSTILE.map((name, index) => planted(`hostile-${index}`, { resource: { resource_type: "task", gid: "1", name } })),
  planted("everywhere-needle", {
    actor: { actor_type: "user", gid: "needle1", name: "A Needle", email: "NEEDLE@example.com" },
    resource: { resource_type: "user", gid: "2needle", name: "needle", email: "the.needle@example.com" },
    details: { old_value: "old needle", new_value: "NeedlE" },
    context: { client_ip_address: "2001:db8::needle", oauth_app_name: "Needle app", rule_name: "needle rule" },
  }),
  planted("elsewhere", {
    event_type: "haystack",
    actor: { actor_type: "haystack" },
    context: { user_agent: "haystack", context_type: "haystack" },
    details: { method: ["haystack"] },
  }),
];

const sample = [...makeSample(), ...PLANTED];
const known = sample.map(readKnown);
/** Of all days, and of those of the window alone, where each search takes half as long. */
let all: ArchiveSql;
let sql: ArchiveSql;

beforeAll(async () => {
  const archive = createMemoryArchive();
  await writeSample(archive, sample);
  all = await openArchiveSql({ archive });
  sql = await openArchiveSql({ archive, days: { from: WINDOW.since, to: WINDOW.until } });
});
afterAll(() => Promise.all([all.close(), sql.close()]));

async function find(text: string, given: Readonly<Record<string, string>> = WINDOW) {
  const values = valuesFor(search, { text, ...given }, RANGE);
  const asked = given === WINDOW ? sql : all;
  return { found: await plainRows(await ask(asked, search, values)), expected: EXPECTED["search"]!(known, values) };
}

/** Two of the values that events of the window have in a field. */
const heldIn = (field: keyof KnownEvent): string[] => {
  const events = known.filter(({ dt }) => dt! >= WINDOW.since && dt! < WINDOW.until);
  return [...new Set(events.map((event) => event[field] ?? ""))].filter((value) => value !== "").slice(0, 2);
};

describe("a text is found where it stands", () => {
  it.each([
    "gid",
    "actor_name",
    "actor_email",
    "actor_gid",
    "resource_name",
    "resource_gid",
    "client_ip_address",
    "new_value",
  ])("in %s, whole or in part, in upper or lower case", async (field) => {
    const [one, other] = heldIn(field);
    for (const asked of [one!.toUpperCase(), other!.slice(1).toLowerCase()]) {
      const { found, expected } = await find(asked);
      expect(found).toEqual(expected);
      expect(found.length).toBeGreaterThan(0);
    }
  });

  it.each(SPELLINGS.flatMap((spellings, row) => spellings.map((text) => [text, row] as const)))(
    "%s is found composed and decomposed, and in either case, by search and by who",
    async (text, row) => {
      const gids = SPELLINGS[row]!.map((_, column) => spelt(row, column));
      const { found, expected } = await find(text);
      expect(found).toEqual(expected);
      expect(found.map((cells) => cells.at(-1)).sort()).toEqual(gids);
      const people = await plainRows(await ask(sql, who, valuesFor(who, { name: text, ...WINDOW }, RANGE)));
      expect(people.map((cells) => cells.at(-2)).sort()).toEqual(gids);
    },
  );

  it("and each event is found once, with all the fields that hold it, in a fixed order", async () => {
    const { found } = await find("nEEdle");
    expect(found.map((row) => row[FOUND_IN])).toEqual([
      "gid, actor_name, actor_email, actor_gid, resource_name, resource_email, resource_gid, old_value, new_value, " +
        "client_ip_address, oauth_app_name, rule_name",
    ]);
  });

  it("and nowhere else: not in kinds, programs and other details", async () => {
    expect((await find("haystack")).found).toEqual([]);
  });

  it("within the window and the workspace that were given", async () => {
    for (const given of [
      { ...WINDOW },
      { since: "2026-05-10", until: "2026-05-13" },
      { workspace: RETIRED, since: "2026-05-30" },
    ]) {
      const { found, expected } = await find("example", given);
      expect(found).toEqual(expected);
      expect(found.length).toBeGreaterThan(0);
    }
  });
});

describe("no character has a special meaning", () => {
  it.each(HOSTILE.map((text, index) => [text, `hostile-${index}`]))(
    "%s finds the one event that holds it",
    async (text, gid) => {
      const { found, expected } = await find(text);
      expect(found).toEqual(expected);
      expect(found.map((row) => row.at(-1))).toEqual([gid]);
    },
  );

  it.each(["%", "_", "\\", "'", '"', ";", "*"])("%s finds what holds it, and no more", async (text) => {
    const { found, expected } = await find(text);
    expect(found).toEqual(expected);
    expect(found.length).toBeLessThan(known.length / 10);
  });
});
