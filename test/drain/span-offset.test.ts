import { expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { look } from "../../lambda/drain/look.ts";
import { spansInMemory } from "../../lambda/drain/span-list.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import { NEVER, page, scriptedRun, spanOf } from "./scripted-run.ts";

const at = (hour: string): Instant => `2026-05-01T${hour}:00:00.000Z` as Instant;

it.each<[endAt: Instant | null, isUsed: boolean]>([
  [null, true],
  [at("09"), true],
  [at("10"), true],
  [at("08"), false],
])(
  "an offset of a window up to %s is used for a span up to 09:00: %s; behind its end nothing would be shown",
  async (endAt, isUsed) => {
    const offset = { token: "a", startAt: at("06"), endAt, obtainedAt: at("12"), newest: at("07") };
    const span = spanOf(at("07"), at("09"), { dueAt: at("10"), doubtedAt: at("10"), offset });
    const { run, asked } = await scriptedRun([page([], null)], { state: { ...emptyCheckpoint, watermark: at("11") } });
    const list = spansInMemory([span]);
    const assignment = { ...span, ask: "later", isSuspect: false, beganAt: null, reached: null, pages: 0 } as const;
    await look(run, list, assignment, () => false, NEVER);
    expect(asked).toMatchObject(
      isUsed ? [{ offset: "a", startAt: at("06") }] : [{ startAt: at("07"), endAt: at("09") }],
    );
    expect(asked[0]?.offset).toBe(isUsed ? "a" : undefined);
    expect(list.spans).toEqual([]);
  },
);
