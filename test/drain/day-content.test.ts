/** A day's new events as they come: how many, how large, which ids, and which of them are the newest. */
import { expect, it } from "vitest";
import { lineFingerprint } from "../../lambda/archive/segment-ids.ts";
import { createDayContent } from "../../lambda/drain/day-content.ts";
import type { SourceEvent } from "../../lambda/event/event.ts";
import { createPageSpace } from "../../lambda/segment/page-space.ts";
import { codec, sampleEvent } from "../segment/sample.ts";

const at = (gid: string, second: number): SourceEvent => sampleEvent(gid, `2026-05-01T09:00:0${second}.000Z`);
const contentOf = async (...events: readonly SourceEvent[]) => {
  const content = createDayContent(codec, createPageSpace());
  for (const event of events) content.add(event);
  await content.flush();
  return content;
};

it("knows how many events and bytes it holds, line feeds included, and each event's fingerprint", async () => {
  const events = [at("1", 1), at("2", 2)];
  const content = await contentOf(...events);
  expect(content.count).toBe(2);
  expect(content.sizeBytes).toBe(events.reduce((sum, { line }) => sum + line.length + 1, 0));
  expect([...content.ids]).toEqual(events.map(({ id, line }) => [id, lineFingerprint(line)]));
  expect(await content.finish()).toMatchObject({ count: 2, oldest: events[0]!.at, newest: events[1]!.at });
});

it("knows its newest instant and all ids there, whatever the order", async () => {
  const [older, newer] = [at("1", 1), at("2", 2)];
  expect((await contentOf(older, newer)).newest).toEqual({ at: newer.at, ids: ["2"] });
  expect((await contentOf(newer, older)).newest).toEqual({ at: newer.at, ids: ["2"] });
  expect((await contentOf(newer, older, at("3", 2))).newest).toEqual({ at: newer.at, ids: ["2", "3"] });
  expect((await contentOf(older, at("4", 1), newer, at("5", 1))).newest).toEqual({ at: newer.at, ids: ["2"] });
});

it("has no newest where it is empty, or of events without a time", async () => {
  expect((await contentOf()).newest).toEqual({ at: null, ids: [] });
  expect((await contentOf(sampleEvent("x", "yesterday"))).newest).toEqual({ at: null, ids: [] });
  expect((await contentOf(sampleEvent("x", "yesterday"))).ids.has("x")).toBe(true);
});
