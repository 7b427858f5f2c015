import { expect, it } from "vitest";
import { emptyCheckpoint } from "../../lambda/drain/checkpoint.ts";
import { look } from "../../lambda/drain/look.ts";
import { openRun } from "../../lambda/drain/run.ts";
import { spansInMemory } from "../../lambda/drain/span-list.ts";
import type { Instant } from "../../lambda/event/instant.ts";
import type { PageRequest, Span } from "../../lambda/ports.ts";
import { createMemoryArchive } from "../fakes/memory-archive.ts";
import { createMemoryCheckpoint } from "../fakes/memory-checkpoint.ts";
import { codec, WORKSPACE } from "../segment/sample.ts";

const at = (hour: string): Instant => `2026-05-01T${hour}:00:00.000Z` as Instant;
const NOON_MS = Date.parse(at("12"));

it.each<[endAt: Instant | null, isUsed: boolean]>([
  [null, true],
  [at("09"), true],
  [at("10"), true],
  [at("08"), false],
])(
  "an offset of a window up to %s is used for a span up to 09:00: %s; behind its end nothing would be shown",
  async (endAt, isUsed) => {
    const offset = { token: "a", startAt: at("06"), endAt, obtainedAt: at("12"), newest: at("07") };
    const span: Span = {
      ...{ purpose: "settled", from: at("07"), until: at("09"), dueAt: at("10"), doubtedAt: at("10"), failedRuns: 0 },
      offset,
    };
    const asked: PageRequest[] = [];
    const page = async (request: PageRequest) => {
      asked.push(request);
      return { kind: "page", events: [], offset: null, servedAt: at("12") } as const;
    };
    const checkpoints = createMemoryCheckpoint();
    await checkpoints.move(WORKSPACE, { ...emptyCheckpoint, watermark: at("11") }, null);
    const run = await openRun(
      {
        ...{ source: { page }, archive: createMemoryArchive(), checkpoints, codec, writer: "0.0.0", runId: "run-1" },
        ...{ clock: { now: () => NOON_MS, sleep: async () => undefined }, log: () => undefined },
      },
      { workspace: WORKSPACE },
    );
    const list = spansInMemory([span]);
    const claim = { ...span, ask: "later", isSuspect: false, beganAt: null, reached: null, pages: 0 } as const;
    await look(run, list, claim, () => false, new AbortController().signal);
    expect(asked).toMatchObject(
      isUsed ? [{ offset: "a", startAt: at("06") }] : [{ startAt: at("07"), endAt: at("09") }],
    );
    expect(asked[0]?.offset).toBe(isUsed ? "a" : undefined);
    expect(list.spans).toEqual([]);
  },
);
