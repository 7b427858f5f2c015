/** What breaks naive archivers of this log, where no other test says it for a whole run. */
import { expect, it } from "vitest";
import { createFaults } from "../fakes/faults.ts";
import { createFaultyArchive } from "../fakes/faulty-archive.ts";
import { createWorld } from "./world.ts";

const HOUR_MS = 3_600_000;

it("an offset is asked with exactly the window it was issued for, and without a limit that nobody set", async () => {
  const world = createWorld({ filterMismatch: "refuse" });
  world.emit("2026-05-01T11:30:00.000Z");
  await world.drain();
  await world.pass(HOUR_MS);
  await world.drain(); // a scan from the watermark, whose offset is saved
  await world.pass(60_000);
  expect(await world.drain()).toMatchObject({ outcome: "caught-up", events: 0 });
  const { query } = world.feed.requests.at(-1)!;
  expect(Object.keys(query).sort()).toEqual(["offset", "start_at"]);
  expect(query["start_at"]).toBe("2026-05-01T10:30:00.000Z");
});

it("the watermark is the newest event that was archived, never the time of the run", async () => {
  const world = createWorld();
  world.emit("2026-04-01T09:00:00.123Z");
  await world.drain();
  await world.pass(30 * 24 * HOUR_MS);
  await world.drain();
  expect((await world.checkpoint())?.state.watermark).toBe("2026-04-01T09:00:00.123Z");
});

it("the checkpoint does not move past events that the archive did not take", async () => {
  const world = createWorld();
  world.emit("2026-05-01T11:30:00.000Z");
  const faults = createFaults(({ operation }) => (operation === "create" ? { kind: "fail", took: false } : null));
  await expect(world.drain({ archive: createFaultyArchive(world.archive, faults) })).rejects.toThrow();
  expect(await world.checkpoint()).toBeNull();
});

it("the stream is never asked for a page behind an empty one", async () => {
  const world = createWorld();
  world.emit("2026-05-01T11:30:00.000Z");
  await world.drain();
  expect(world.requests()).toBe(2);
});

it("events of megabytes, with line separators of other alphabets inside, are archived as they came", async () => {
  const world = createWorld();
  const saml = `${"A".repeat(1_500_000)}\u2028\u2029\u0085`;
  const text = world.emit("2026-05-01T11:30:00.000Z", { extra: { details: { saml_response: saml } } });
  expect(await world.drain()).toMatchObject({ archived: 1 });
  expect(await world.lines()).toEqual([text]);
});

it("an event of an unknown type, without actor, resource or details, is an event like any other", async () => {
  const world = createWorld();
  const text =
    '{"gid":"12345678901234567890","created_at":"2026-05-01T11:30:00.000Z","event_type":"never_seen","n":9007199254740993}';
  world.feed.append("1200000000000001", text);
  expect(await world.drain()).toMatchObject({ archived: 1 });
  expect(await world.lines()).toEqual([text]);
});
