import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Extent,
  extentOf,
  isSurelyNew,
  MAX_RECENT_IDS,
  mayOverlap,
  mergeRecentIds,
  readRecentIds,
  writeRecentIds,
} from "../../lambda/archive/overlap.ts";
import { createEvent, type SourceEvent } from "../../lambda/event/event.ts";
import { compareInstants, type Instant } from "../../lambda/event/instant.ts";
import type { LogEnd } from "../../lambda/ports.ts";

const at = (second: number): Instant => `2026-05-01T09:00:${String(second).padStart(2, "0")}.000Z` as Instant;
const eventAt = (gid: string, second: number): SourceEvent => createEvent(gid, at(second), Buffer.from("{}"));
const odd = createEvent("7", null, Buffer.from("{}"));
const endAt = (logNewest: Instant | null, ids: readonly string[] | null): LogEnd => ({
  number: 1,
  manifestHash: "",
  logCount: 1,
  logNewest,
  idsAtNewest: ids,
  recentIds: null,
  sizeBytes: 9,
});

const NONE: ReadonlySet<number> = new Set();

describe("without a read, an event is surely new", () => {
  it("in an empty log, whatever it is", () => {
    expect(isSurelyNew(eventAt("1", 1), null, NONE)).toBe(true);
    expect(isSurelyNew(odd, null, NONE)).toBe(true);
  });

  it("if it is newer than the log, and not if it is older", () => {
    expect(isSurelyNew(eventAt("1", 3), endAt(at(2), null), NONE)).toBe(true);
    expect(isSurelyNew(eventAt("1", 1), endAt(at(2), []), NONE)).toBe(false);
  });

  it("at the log's newest instant only where the ids there are known, and its own is not among them", () => {
    expect(isSurelyNew(eventAt("1", 2), endAt(at(2), ["8", "9"]), NONE)).toBe(true);
    expect(isSurelyNew(eventAt("9", 2), endAt(at(2), ["8", "9"]), NONE)).toBe(false);
    expect(isSurelyNew(eventAt("1", 2), endAt(at(2), null), NONE)).toBe(false);
  });

  it("never in the odd day's log, nor without a time", () => {
    expect(isSurelyNew(odd, endAt(null, null), NONE)).toBe(false);
    expect(isSurelyNew(odd, endAt(at(2), ["8"]), NONE)).toBe(false);
    expect(isSurelyNew(eventAt("1", 3), endAt(null, ["8"]), NONE)).toBe(false);
  });
});

describe("ids that were archived last", () => {
  const remembered = (ids: readonly string[], before: string | null = null) =>
    readRecentIds(writeRecentIds(readRecentIds(before), ids));
  const isNew = (gid: string, recent: ReadonlySet<number>) => isSurelyNew(eventAt(gid, 3), endAt(at(2), []), recent);

  it("are not surely new, whatever their time, and others are", () => {
    const recent = remembered(["8"], writeRecentIds(NONE, ["9"]));
    expect(["7", "8", "9"].map((gid) => isNew(gid, recent))).toEqual([true, false, false]);
    expect(isSurelyNew(eventAt("8", 3), null, recent)).toBe(true);
  });

  it("are the last of them, each once", () => {
    const ids = Array.from({ length: MAX_RECENT_IDS + 1 }, (_, index) => String(index));
    const recent = remembered([...ids, "5"]);
    expect([recent.size, isNew("0", recent), isNew("1", recent)]).toEqual([MAX_RECENT_IDS, true, false]);
  });

  it("are, of two runs, those of both, and the last of them", () => {
    const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index));
    const [before, after] = [writeRecentIds(NONE, numbers(0, 200)), writeRecentIds(NONE, numbers(150, 310))];
    expect(mergeRecentIds(before, after)).toBe(writeRecentIds(NONE, numbers(10, 310)));
    expect([mergeRecentIds(before, null), mergeRecentIds(null, after)]).toEqual([before, after]);
  });

  it("are no text where there are none", () => {
    expect([writeRecentIds(NONE, []), mergeRecentIds(null, null)]).toEqual([null, null]);
    expect(readRecentIds(null)).toEqual(NONE);
  });
});

describe("two extents", () => {
  const extent = (oldest: number | null, newest: number | null): Extent => ({
    oldest: oldest === null ? null : at(oldest),
    newest: newest === null ? null : at(newest),
  });

  it("overlap if and only if some instant is in both", () => {
    const pair = fc.tuple(fc.nat(9), fc.nat(9)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(pair, pair, ([a, b], [c, d]) => {
        const isShared = Array.from({ length: 10 }, (_, instant) => instant).some(
          (instant) => a <= instant && instant <= b && c <= instant && instant <= d,
        );
        expect(mayOverlap(extent(a, b), extent(c, d))).toBe(isShared);
      }),
    );
  });

  it("may overlap where any of the four times is not known", () => {
    const [early, late] = [extent(1, 2), extent(5, 6)];
    expect(mayOverlap(early, late)).toBe(false);
    expect(mayOverlap(late, early)).toBe(false);
    for (const unknown of [extent(null, 2), extent(1, null), extent(null, null)]) {
      expect(mayOverlap(unknown, late)).toBe(true);
      expect(mayOverlap(late, unknown)).toBe(true);
    }
  });
});

describe("the extent of events", () => {
  it("is from the oldest to the newest by time, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(59), { minLength: 1 }), (seconds) => {
        const sorted = seconds.map(at).sort(compareInstants);
        const extent = extentOf(seconds.map((second, index) => eventAt(String(index), second)));
        expect(extent).toEqual({ oldest: sorted[0], newest: sorted.at(-1) });
      }),
    );
  });

  it("is not known if one of them has no time", () => {
    expect(extentOf([eventAt("1", 1), odd, eventAt("2", 2)])).toEqual({ oldest: null, newest: null });
    expect(extentOf([])).toEqual({ oldest: null, newest: null });
  });
});
