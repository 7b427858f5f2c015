/** Stopped in the middle, in whatever way, a drain keeps what is finished, and the next one ends as if nothing happened. */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { archivedLines, segmentsIn } from "./archived-lines.ts";
import { makeDirectory, runCli, startCli, startFeed, WORKSPACE } from "./run-cli.ts";
import { sourceLines } from "./source-lines.ts";

/** A history long enough to be read in windows, at a pace that leaves time to interfere. */
const LONG = { events: 8_000, days: 30, defaultLimit: 100, latencyMs: 30 };

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends a drain within seconds, with what is finished kept", async (signal, code) => {
  const { feed, flags, whenAsked } = await startFeed(LONG);
  const archive = await makeDirectory();
  const { child, ended } = startCli(["drain", ...flags, "--archive", archive]);
  await whenAsked(40);
  child.kill(signal);
  const asked = feed.requests.length;
  const stopped = await ended;
  expect(stopped).toMatchObject({ code, signal: null, stderr: expect.stringContaining("finished work is kept") });
  expect(feed.requests.length - asked).toBeLessThanOrEqual(10);
  const kept = await archivedLines(archive);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(8_000);

  const next = await runCli(["drain", ...flags, "--archive", archive, "--json"]);
  expect(JSON.parse(next.stdout)).toMatchObject({ archived: 8_000 - kept.length, outcome: "caught-up" });
  expect(await archivedLines(archive)).toEqual(sourceLines(feed).sort());
});

it("a second Ctrl-C leaves at once", async () => {
  const { flags, whenAsked } = await startFeed({
    ...LONG,
    faults: { script: [{ request: 5, fault: { kind: "stall" } }] },
  });
  const archive = await makeDirectory();
  const { child, ended } = startCli(["drain", ...flags, "--archive", archive]);
  await whenAsked(5);
  child.kill("SIGINT");
  child.stderr?.once("data", () => child.kill("SIGINT"));
  expect(await ended).toMatchObject({ code: 130 });
});

it("two drains at once archive everything once", async () => {
  const { feed, flags } = await startFeed({ events: 2_000, days: 3 });
  const archive = await makeDirectory();
  const drains = [1, 2].map(() => runCli(["drain", ...flags, "--archive", archive, "--json"]));
  const reports = (await Promise.all(drains)).map(({ code, stdout }) => ({ code, ...JSON.parse(stdout) }));
  expect(reports).toEqual([expect.objectContaining({ code: 0 }), expect.objectContaining({ code: 0 })]);
  expect(reports[0].archived + reports[1].archived).toBe(2_000);
  expect(await archivedLines(archive)).toEqual(sourceLines(feed).sort());
});

it("a drain killed at some moment, again and again, alone or beside another, ends with the archive of one that was not", async () => {
  const { feed, flags, whenAsked } = await startFeed({ events: 3_200, days: 12, defaultLimit: 100, latencyMs: 5 });
  const archive = await makeDirectory();
  const args = ["drain", ...flags, "--archive", archive];
  for (const [round, delayRequests] of [1, 5, 14, 27].entries()) {
    const drains = Array.from({ length: (round % 2) + 1 }, () => startCli(args));
    const moment = whenAsked(feed.requests.length + delayRequests);
    await Promise.race([moment, ...drains.map(({ ended }) => ended)]);
    for (const { child } of drains) child.kill("SIGKILL");
    await Promise.all(drains.map(({ ended }) => ended));
  }
  expect(await runCli(args)).toMatchObject({ code: 0 });
  expect(await archivedLines(archive)).toEqual(sourceLines(feed).sort());
  expect(await runCli(["verify", "--archive", archive])).toMatchObject({ code: 0 });
});

it("without its checkpoint, or with an old one, a drain ends with the same archive and writes no segment", async () => {
  const { feed, flags } = await startFeed({ events: 2_000, days: 3 });
  const archive = await makeDirectory();
  const checkpoint = join(archive, "checkpoint");
  const drain = async () => JSON.parse((await runCli(["drain", ...flags, "--archive", archive, "--json"])).stdout);
  const middle = JSON.parse([...feed.lines(WORKSPACE)][1_000]!.line.toString()).created_at;
  await runCli(["drain", ...flags, "--archive", archive, "--to", middle]);
  await drain();
  const old = join(archive, "..", `${archive.split("/").at(-1)}.old`);
  await cp(checkpoint, old, { recursive: true });
  feed.append(WORKSPACE, { gid: "9", created_at: new Date(Date.now() - 1000).toISOString() });
  expect(await drain()).toMatchObject({ archived: 1, segments: 1 });
  const before = await segmentsIn(archive);

  await rm(checkpoint, { recursive: true });
  await cp(old, checkpoint, { recursive: true });
  expect(await drain()).toMatchObject({ archived: 0, segments: 0, outcome: "caught-up" });
  await rm(checkpoint, { recursive: true });
  expect(await drain()).toMatchObject({ archived: 0, segments: 0, outcome: "caught-up" });
  await rm(old, { recursive: true });
  expect(await segmentsIn(archive)).toEqual(before);
  expect(await runCli(["verify", "--archive", archive])).toMatchObject({ code: 0 });
});
