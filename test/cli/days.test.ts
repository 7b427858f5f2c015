/** What status and verify say of the days that an archive holds, and of those that it does not. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createDirectoryArchive } from "../../lambda/stores/directory-archive.ts";
import { appendEvents, eventsOf } from "../query/archive.ts";
import { dayFromNow, makeDirectory, runCli, startFeed, WORKSPACE } from "./run-cli.ts";

async function archiveOf(...days: string[]): Promise<string> {
  const archive = join(await makeDirectory(), "archive");
  const events = days.map((day, index) => ({ gid: `${index}`, created_at: `${day}T10:00:00.000Z`, event_type: "x" }));
  await appendEvents(createDirectoryArchive(archive), eventsOf(...events), WORKSPACE);
  return archive;
}

it("verify says which days were asked for, which it found and which not, and what it cannot show", async () => {
  const archive = await archiveOf("2026-05-01", "2026-05-04");
  const { code, stdout } = await runCli(["verify", "--archive", archive, "--from", "2026-04-30", "--to", "2026-05-06"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`${WORKSPACE}: 2 days (2026-05-01 to 2026-05-04), 2 events in 2 segments`);
  expect(stdout).toContain("asked for: 2026-04-30 to 2026-05-05");
  expect(stdout).toContain("without events here (quiet, or removed): 2026-04-30, 2026-05-02 to 2026-05-03, 2026-05-05");
  expect(stdout).toContain("What no check of an archive alone can show:");
  expect(stdout).toContain("or a whole day, were taken away");
});

it("status without a checkpoint says that no drain is known to have looked at the days without events", async () => {
  const archive = await archiveOf("2026-05-01", "2026-05-04", "2099-01-01");
  const { code, stdout } = await runCli(["status", "--archive", archive]);
  expect(code).toBe(0);
  expect(stdout).toContain("2 days without events that no drain is known to have looked at (2026-05-02 to 2026-05-03)");
  expect(stdout).toContain("events dated ahead of this clock, on 2099-01-01");
});

it("status tells of days that somebody took away after they were archived", async () => {
  const { flags } = await startFeed({ events: 200, days: 4 });
  const archive = await makeDirectory();
  await runCli(["drain", ...flags, "--archive", archive]);
  const before = await runCli(["status", "--archive", archive]);
  expect(before).toMatchObject({ code: 0 });
  expect(before.stdout).not.toContain("lost them since");
  const gone = dayFromNow(-2);
  await rm(join(archive, "events", `workspace=${WORKSPACE}`, `dt=${gone}`), { recursive: true });
  const { stdout } = await runCli(["status", "--archive", archive]);
  expect(stdout).toContain(`1 day showed no events when a drain looked, or lost them since (${gone})`);
});

it("status after a drain of windows does not say that all is archived", async () => {
  const { flags } = await startFeed({ events: 200, days: 4 });
  const archive = await makeDirectory();
  for (const day of [-3, -1]) {
    const window = ["--from", dayFromNow(day), "--to", dayFromNow(day + 1)];
    await runCli(["drain", ...flags, "--archive", archive, ...window]);
  }
  const { stdout } = await runCli(["status", "--archive", archive]);
  expect(stdout).toContain(`1 day without events that no drain is known to have looked at (${dayFromNow(-2)})`);
  expect(stdout).not.toContain("everything that the source showed");
});
