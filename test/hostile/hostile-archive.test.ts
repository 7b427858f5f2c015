/**
 * An archive is input: somebody else may have put things into it. Whatever they are, reading commands end with one of
 * their exit codes, in bounded time and memory, write nothing anywhere, and print nothing that steers a terminal.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inLanes } from "../../lambda/archive/lanes.ts";
import { expectHarmless, home, runCli, STEERING, snapshot } from "./cli.ts";
import { HOSTILE_ARCHIVES } from "./hostile-archive.ts";

/** What is printed for people: never raw, wherever it goes. */
const FOR_PEOPLE = [["verify"], ["status", "--days"], ["query", "SELECT * FROM events_all"]];
/** What is printed for programs: never raw on a terminal. */
const FOR_PROGRAMS = [
  ["verify", "--json"],
  ["export"],
  ["export", "--format", "csv", "--actor", "a", "--from", "2026-05-01T00:00:01Z"],
  ["query", "--format", "ndjson", "SELECT * FROM events"],
];
const AT_ONCE = 3;

describe("an archive harms nobody who reads it that holds", () => {
  it.each(HOSTILE_ARCHIVES.map((archive) => [archive.name, archive] as const))("%s", async (name, { fill, says }) => {
    const cwd = join(home, name.replaceAll(" ", "-"));
    await mkdir(cwd);
    await fill(join(cwd, "archive"));
    const before = await snapshot();
    const runs = [
      ...FOR_PEOPLE.map((args) => ({ args, isTerminal: false })),
      ...FOR_PROGRAMS.map((args) => ({ args, isTerminal: true })),
    ];
    await inLanes(runs, AT_ONCE, async ({ args, isTerminal }) => {
      const ended = await runCli([...args, "--archive", "archive"], { cwd, isTerminal });
      expectHarmless(ended);
      expect(ended.stdout).not.toMatch(STEERING);
      if (says !== undefined && args[0] !== "status")
        expect({ args, told: ended.stdout + ended.stderr }).toEqual({ args, told: expect.stringMatching(says) });
    });
    expect(await snapshot()).toEqual(before);
  });
});
