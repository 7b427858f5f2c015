import { describe, expect, it } from "vitest";
import {
  addFound,
  beginSurvey,
  endSurveys,
  type Found,
  joined,
  leftOf,
  markFound,
  noteForgotten,
  nothingFound,
} from "../../lambda/drain/surveys.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { Survey } from "../../lambda/ports.ts";
import { spanOf } from "./scripted-run.ts";

const DAY = "2026-05-01";
const at = (time: string) => `${DAY}T${time}:00.000Z` as Instant;
const NEXT = "2026-05-02T00:00:00.000Z" as Instant;
const BEGAN = "2026-05-02T06:00:00.000Z" as Instant;
const NOW = "2026-05-02T07:00:00.000Z" as Instant;
const begun = beginSurvey([], { day: DAY, purpose: "settled", began: BEGAN });
const found = (more: Partial<Found>): Found => ({ ...nothingFound(DAY, NOW), ...more });
const part = (from: Instant | null, until: Instant) => ({ purpose: "settled" as const, from, until });
const places = (listed: { readonly spans: readonly { from: Instant | null; until: Instant }[] }) =>
  listed.spans.map(({ from, until }) => [from, until]);

describe("a survey", () => {
  it("begins with nothing, and anew where it was given up", () => {
    const some = addFound(begun, { purpose: "settled" }, [found({ seen: 2 })]);
    expect(begun).toMatchObject([{ day: DAY, purpose: "settled", began: BEGAN, ended: BEGAN, seen: 0, unread: [] }]);
    expect(beginSurvey(some, { day: DAY, purpose: "settled", began: NOW })).toEqual([
      { ...begun[0], began: NOW, ended: NOW },
    ]);
    expect(beginSurvey(some, { day: DAY, purpose: "aged", began: NOW })).toHaveLength(2);
  });

  it("ends as itself only: one that was begun anew meanwhile goes on", () => {
    const anew = beginSurvey(begun, { day: DAY, purpose: "settled", began: NOW });
    expect(endSurveys(begun, begun)).toEqual([]);
    expect(endSurveys(anew, begun)).toEqual(anew);
  });

  it("has left what is on the list of its day for its purpose", () => {
    const spans = [
      spanOf(at("10:00"), at("11:00")),
      spanOf(at("23:00"), "2026-05-02T01:00:00.000Z" as Instant),
      spanOf(at("12:00"), at("13:00"), { purpose: "aged" }),
      spanOf(NEXT, "2026-05-03T00:00:00.000Z" as Instant),
    ];
    expect(leftOf({ spans }, begun[0]!)).toEqual([
      { from: at("10:00"), until: at("11:00") },
      { from: at("23:00"), until: NEXT },
    ]);
  });
});

describe("a part that is read", () => {
  const listed = { spans: [spanOf(at("00:00"), NEXT)], surveys: begun };

  it("leaves the list, and what was found in it is counted", () => {
    const more = { requests: 2, seen: 3, added: 1, gone: 1, goneIds: ["7"], conflicts: 4, odd: 5 };
    const after = markFound(listed, part(at("00:00"), at("10:00")), [found(more)]);
    expect(places(after)).toEqual([[at("10:00"), NEXT]]);
    expect(after.surveys).toEqual([{ ...begun[0], ...more, ended: NOW }]);
    const [twice] = markFound(after, part(at("10:00"), NEXT), [found(more)]).surveys;
    expect(twice).toMatchObject({
      requests: 4,
      seen: 6,
      added: 2,
      gone: 2,
      goneIds: ["7", "7"],
      conflicts: 8,
      odd: 10,
    });
  });

  it("is not counted where another run has taken it off the list", () => {
    const after = markFound(listed, part(at("00:00"), at("10:00")), [found({ seen: 3 })]);
    expect(markFound(after, part(at("00:00"), at("10:00")), [found({ seen: 3 })])).toEqual(after);
  });

  it("stays on the list as far as it is there, and is not counted, where another run has taken off some of it", () => {
    const after = markFound(listed, part(at("00:00"), at("10:00")), [found({ seen: 3 })]);
    expect(markFound(after, part(at("00:00"), at("12:00")), [found({ seen: 4 })])).toEqual(after);
  });

  it("may be on the list in pieces", () => {
    const spans = [spanOf(at("00:00"), at("05:00"), { doubtedAt: NOW }), spanOf(at("05:00"), NEXT)];
    const after = markFound({ ...listed, spans }, part(at("00:00"), at("10:00")), [found({ seen: 3 })]);
    expect(places(after)).toEqual([[at("10:00"), NEXT]]);
    expect(after.surveys).toMatchObject([{ seen: 3 }]);
  });

  it("leaves the list without ado where no survey counts it, and is left out of those of other purposes", () => {
    expect(places(markFound({ ...listed, surveys: [] }, part(null, at("10:00")), []))).toEqual([[at("10:00"), NEXT]]);
    const aged = beginSurvey([], { day: DAY, purpose: "aged", began: BEGAN });
    expect(addFound(aged, { purpose: "settled" }, [found({ seen: 3 })])).toEqual(aged);
  });
});

describe("what is unread of a day", () => {
  it("is what the source has forgotten of its survey, and of no other", () => {
    const passed = [part(at("10:00"), at("11:00")), { ...part(at("12:00"), NEXT), purpose: "new" as const }];
    expect(noteForgotten(begun, passed, NOW)).toEqual([
      { ...begun[0], ended: NOW, unread: [[at("10:00"), at("11:00")]] },
    ]);
    expect(noteForgotten(begun, [part(null, at("00:00"))], NOW)).toEqual(begun);
  });

  it("is in order, neighbours are one, and beyond twenty parts the last covers the rest", () => {
    expect(
      joined([
        [at("11:00"), at("12:00")],
        [at("09:00"), at("10:00")],
        [at("10:00"), at("10:30")],
      ]),
    ).toEqual([
      [at("09:00"), at("10:30")],
      [at("11:00"), at("12:00")],
    ]);
    const minutes = Array.from({ length: 25 }, (_, index) => {
      const minute = String(2 * index).padStart(2, "0");
      const next = String(2 * index + 1).padStart(2, "0");
      return [at(`10:${minute}`), at(`10:${next}`)] as const;
    });
    const all = joined(minutes);
    expect(all).toHaveLength(20);
    expect(all.at(-1)).toEqual([at("10:38"), at("10:49")]);
  });
});

describe("the ledger is bounded", () => {
  it("by the days that the source keeps, twice over: the oldest surveys go", () => {
    let surveys: readonly Survey[] = [];
    for (let day = 1; day <= 250; day += 1) {
      surveys = beginSurvey(surveys, { day: `${1000 + day}-01-01`, purpose: "settled", began: BEGAN });
    }
    expect(surveys).toHaveLength(200);
    expect(surveys.at(-1)?.day).toBe("1250-01-01");
  });

  it("by 100 KB, with the longest ids that are kept and 200 surveys", () => {
    let surveys: readonly Survey[] = [];
    for (let day = 0; day < 200; day += 1) {
      surveys = beginSurvey(surveys, { day: `${1000 + day}-01-01`, purpose: "settled", began: BEGAN });
    }
    const goneIds = Array.from({ length: 20 }, () => "事".repeat(200));
    surveys = addFound(
      surveys,
      { purpose: "settled" },
      surveys.map(({ day }) => found({ day, gone: 1e9, goneIds })),
    );
    expect(Buffer.byteLength(JSON.stringify(surveys))).toBeLessThan(100_000);
    expect(surveys.at(-1)).toMatchObject({ gone: 1e9, goneIds: [] });
  });
});
