/** What `coverage` shows of the days of an archive. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { calendarLines } from "../../cli/coverage-calendar.ts";
import { coverageKey } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, encodeEntry } from "../../lambda/coverage/entry.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { dayFromNow, makeDirectory, runCli, startFeed, WORKSPACE } from "./run-cli.ts";

async function archiveOf(...days: string[]): Promise<string> {
  const archive = join(await makeDirectory(), "archive");
  const events = days.map((day, index) => ({ gid: `${index}`, created_at: `${day}T10:00:00.000Z`, event_type: "x" }));
  await appendEvents(createDirectoryArchive(archive), eventsOf(...events), WORKSPACE);
  return archive;
}

const entryOf = (day: string, more: Partial<CoverageEntry> = {}): CoverageEntry => ({
  ...{ format: 1, workspace: WORKSPACE, day, number: 1, prev: null, purpose: "settled", run: "run-1", writer: "1.4.0" },
  began: "2026-05-10T06:00:11.000Z" as Instant,
  ended: "2026-05-10T07:00:14.000Z" as Instant,
  ...{ requests: 2, complete: true, reason: null, unread: [], seen: 1, had: 1, added: 0, gone: 0, goneIds: [] },
  ...{ conflicts: 0, odd: 0, segments: 1, manifest: "b".repeat(64) },
  ...more,
});

async function put(archive: string, entry: CoverageEntry): Promise<string> {
  const path = join(archive, coverageKey(entry));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, encodeEntry(entry));
  return path;
}

const WINDOW = ["--from", "2026-04-29", "--to", "2026-05-06"];

it("coverage draws one line a month and one mark a day, with a legend of the marks that it used", async () => {
  const archive = await archiveOf("2026-04-29", "2026-05-01", "2026-05-02");
  await put(archive, entryOf("2026-05-01"));
  const unread = [["2026-05-02T10:00:00.000Z" as Instant, "2026-05-03T00:00:00.000Z" as Instant]] as const;
  await put(archive, entryOf("2026-05-02", { complete: false, reason: "source-refused", unread }));
  await put(archive, entryOf("2026-05-03", { gone: 3, goneIds: ["11", "12", "13"] }));
  const { code, stdout } = await runCli(["coverage", "--archive", archive, ...WINDOW]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    `${[
      `Workspace ${WORKSPACE}, 2026-04-29 to 2026-05-05`,
      "",
      "                  1         2         3",
      "         1234567890123456789012345678901",
      "2026-04                              a.",
      "2026-05  L!L..",
      "",
      "L  looked at to its end, and not sealed",
      "!  not looked at to its end: a part was not read, or could not be",
      "a  has events, and nobody has looked at it again",
      ".  never looked at",
      "",
      "2026-05-02  not read: 10:00:00 to 24:00:00: the source refused",
      "2026-05-03  3 events archived and no longer shown: 11, 12, ...",
    ].join("\n")}\n`,
  );
});

it("coverage in JSON has each day with its state and what the last entry says", async () => {
  const archive = await archiveOf("2026-05-01", "2026-05-02");
  await put(archive, entryOf("2026-05-01", { seen: 2, added: 1 }));
  const { stdout } = await runCli(["coverage", "--archive", archive, "--json", "--to", "2026-05-03"]);
  expect(JSON.parse(stdout)).toMatchObject({
    workspace: WORKSPACE,
    days: [
      { day: "2026-05-01", state: "looked", entries: 1, complete: true, seen: 2, had: 1, added: 1 },
      { day: "2026-05-02", state: "archived", entries: 0 },
    ],
    faults: [],
  });
});

it("coverage tells of a damaged entry and exits with 1, and still shows the other days", async () => {
  const archive = await archiveOf("2026-05-01", "2026-05-02");
  await put(archive, entryOf("2026-05-01"));
  const path = await put(archive, entryOf("2026-05-02"));
  await writeFile(path, (await readFile(path, "utf8")).replace('"seen":1', '"seen":7'));
  const { code, stdout } = await runCli(["coverage", "--archive", archive, ...WINDOW]);
  expect(code).toBe(1);
  expect(stdout).toContain("2026-05  La");
  expect(stdout).toContain("I11  coverage/");
});

it("coverage of nothing is a misuse", async () => {
  const archive = await archiveOf("2026-05-01");
  const { code, stderr } = await runCli([
    "coverage",
    "--archive",
    archive,
    "--from",
    "2026-06-01",
    "--to",
    "2026-06-02",
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("holds nothing for this workspace or window");
});

it("a rescan of a day leaves an entry that coverage shows, that verify accepts, and that status is not disturbed by", async () => {
  const { flags } = await startFeed({ events: 200, days: 4 });
  const archive = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", archive]);
  const day = dayFromNow(-2);
  const asked = await runCli(["rescan", ...flags, "--archive", archive, "--day", day]);
  expect(asked.code).toBe(0);
  const { stdout } = await runCli(["coverage", "--archive", archive, "--json"]);
  const { days } = JSON.parse(stdout);
  expect(days.find((one: { day: string }) => one.day === day)).toMatchObject({ state: "looked", purpose: "asked" });
  expect(await runCli(["verify", "--archive", archive])).toMatchObject({ code: 0 });
  expect(await runCli(["status", "--archive", archive])).toMatchObject({ code: 0 });
});

it("a calendar has 40 columns, however long it is", () => {
  const lines = calendarLines("2024-01-15", "2026-03-01", () => "sealed");
  expect(Math.max(...lines.map((line) => line.length))).toBe(40);
  expect(lines).toHaveLength(2 + 27);
  expect(lines.at(-1)).toBe("2026-03  S");
});
