/** Small worlds in which the archive was once lost, stuck or doubled: each is a script, and fails if that comes back. */

import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import { hasSpans, isListed } from "./checkpoint-view.ts";
import { COVERAGE_ROWS } from "./coverage-rows.ts";
import { LOOK_ROWS } from "./look-rows.ts";
import { MAX_IN_FLIGHT_BYTES } from "./memory.ts";
import { createOperator } from "./operators.ts";
import { allowedRuns, perfectRuns } from "./perfect.ts";
import { startRun } from "./run.ts";
import {
  damageDay,
  demandAll,
  drains,
  finish,
  hours,
  lie,
  makeUnreadable,
  NOON_MS,
  plan,
  type Row,
  SHORT_RUNS,
  show,
  spread,
  stageOf,
  TOLD,
} from "./script.ts";
import { SEAL_ROWS } from "./seal-rows.ts";
import { WORKSPACE } from "./stage.ts";
import { spellEvent } from "./stream.ts";
import { Violation } from "./violation.ts";

export const ROWS: readonly Row[] = [
  ...(["blank", "empty"] as const).map((form) => ({
    rule: `a first drain that is shown ${form} pages for a minute misses nothing`,
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 40 * DAY_MS, NOON_MS, 400);
      lie(stage, form, 300, MINUTE_MS);
      await hours(stage, 40);
      demandAll(stage);
    },
  })),
  {
    rule: "a settled day larger than a run does not keep the recent hour and later days waiting for ever",
    play: async () => {
      const stage = stageOf(1, SHORT_RUNS);
      await hours(stage, 3);
      spread(stage, NOON_MS + 3 * HOUR_MS, NOON_MS + 8 * HOUR_MS, 400);
      for (const hour of [13, 26, 34]) {
        show(stage, `late${hour}`, NOON_MS + hour * HOUR_MS, 50 * MINUTE_MS);
        show(stage, `after${hour}`, NOON_MS + hour * HOUR_MS + MINUTE_MS);
      }
      await hours(stage, 60);
      demandAll(stage);
    },
  },
  {
    rule: "what a rescan has not read of a day when its time is up is read by the next ones",
    play: async () => {
      const stage = stageOf(1, SHORT_RUNS);
      await hours(stage, 3);
      spread(stage, NOON_MS + 3 * HOUR_MS, NOON_MS + 8 * HOUR_MS, 400);
      for (let late = 0; late < 20; late += 1) {
        show(stage, `late${late}`, NOON_MS + 3 * HOUR_MS + late * 15 * MINUTE_MS + 1, 9 * HOUR_MS);
      }
      await hours(stage, 8);
      await stage.time.runUntil(NOON_MS + 18 * HOUR_MS + MINUTE_MS);
      await hours(stage, 12);
      demandAll(stage);
    },
  },
  {
    rule: "a first drain of two busy hours long ago takes no more runs than it needs",
    play: async () => {
      const stage = stageOf(1, SHORT_RUNS);
      spread(stage, NOON_MS - 60 * DAY_MS, NOON_MS - 60 * DAY_MS + 2 * HOUR_MS, 700);
      spread(stage, NOON_MS - 50 * DAY_MS, NOON_MS, 50);
      await drains(stage, allowedRuns(perfectRuns(stage, "drain", TOLD)));
      demandAll(stage);
    },
  },
  {
    rule: "an hour before the watermark that is larger than a run does not stop the drains",
    play: async () => {
      const stage = stageOf(1, SHORT_RUNS);
      show(stage, "1", NOON_MS - MINUTE_MS);
      await drains(stage, 1);
      spread(stage, NOON_MS, NOON_MS + 10 * MINUTE_MS, 60);
      await drains(stage, 8);
      spread(stage, NOON_MS + 2 * HOUR_MS, NOON_MS + 2 * HOUR_MS + 10 * MINUTE_MS, 5);
      await stage.time.runUntil(NOON_MS + 3 * HOUR_MS);
      await drains(stage, 8, TOLD, 20 * MINUTE_MS); // offsets live for 15
      demandAll(stage);
    },
  },
  {
    rule: "segments that lifecycle has removed stop nothing",
    play: async () => {
      const stage = stageOf(5, { expireAfterDays: 100 });
      const operator = createOperator(stage);
      for (const days of [0, 101]) {
        await stage.time.runUntil(NOON_MS + days * DAY_MS);
        operator.expire();
        const nowMs = stage.time.now();
        const event = spellEvent({ gid: `odd${days}`, createdAt: "yesterday" });
        stage.stream.add({ ...event, at: nowMs * 1000, visibleMs: nowMs, lateMs: 0 });
        show(stage, `plain${days}`, nowMs - MINUTE_MS);
        await hours(stage, 3);
        if (days === 0) continue;
        operator.expire();
        demandAll(stage);
      }
    },
  },
  {
    rule: "pages of 25 MB fit into the memory of a first drain",
    play: async () => {
      const stage = stageOf(5, { eventBytes: 5_000_000, storeMs: 200, pageMs: 50 });
      spread(stage, NOON_MS - 40 * DAY_MS, NOON_MS, 300);
      const run = await finish(
        stage,
        startRun(stage, "first", plan("drain", stage, { ...TOLD, settings: { batchEvents: 5 } })),
      );
      const bytes = run.process.memory.mostBytes();
      if (bytes > MAX_IN_FLIGHT_BYTES) throw new Violation("memory", `${bytes} bytes may come at once`);
      await hours(stage, 5);
      demandAll(stage);
    },
  },
  {
    rule: "a gid that is shown again with a later time, before what is archived already, is archived once",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "50", NOON_MS - 3 * HOUR_MS);
      await drains(stage, 1);
      show(stage, "50", NOON_MS + 5 * MINUTE_MS);
      show(stage, "51", NOON_MS + 6 * MINUTE_MS);
      await drains(stage, 1);
      await stage.time.runUntil(NOON_MS + HOUR_MS); // by time, from an hour before event 51
      await drains(stage, 1);
      demandAll(stage);
    },
  },
  {
    rule: "what an earlier checkpoint, put back while a run goes on, has still to read is read",
    play: async () => {
      for (let seconds = 4; seconds <= 44; seconds += 4) {
        const stage = stageOf(1, SHORT_RUNS);
        show(stage, "first", NOON_MS - MINUTE_MS);
        await drains(stage, 1);
        const earlier = stage.backups.at(-1)!;
        spread(stage, NOON_MS + HOUR_MS, NOON_MS + 2 * DAY_MS, 100);
        await stage.time.runUntil(NOON_MS + 2 * DAY_MS);
        const drain = startRun(stage, "drain", plan("drain", stage));
        await stage.time.runUntil(stage.time.now() + seconds * 1000);
        stage.saved.set(WORKSPACE, earlier);
        await finish(stage, drain);
        await drains(stage, 8);
        demandAll(stage);
      }
    },
  },
  {
    rule: "the first events of a workspace are archived although the source gave out an offset behind them before it showed them",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 3 * HOUR_MS, NOON_MS - HOUR_MS, 7);
      lie(stage, "empty", 0, 5 * MINUTE_MS, undefined, true);
      await drains(stage, 5);
      demandAll(stage);
    },
  },
  {
    rule: "a gid that is shown again with a later time of its day is archived once",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "50", NOON_MS - 3 * HOUR_MS);
      await hours(stage, 1);
      show(stage, "50", NOON_MS + HOUR_MS);
      await hours(stage, 2);
      demandAll(stage);
    },
  },
  {
    rule: "a damaged segment of an old day stops no other day",
    play: async () => {
      const stage = stageOf(5);
      for (let day = 6; day >= 0; day -= 1) show(stage, `day${day}`, NOON_MS - day * DAY_MS - HOUR_MS);
      await hours(stage, 2);
      damageDay(stage, NOON_MS - 5 * DAY_MS);
      stage.saved.delete(WORKSPACE); // so that every day is due
      show(stage, "late", NOON_MS - 2 * HOUR_MS, 12 * HOUR_MS);
      show(stage, "recent", NOON_MS + 3 * HOUR_MS, 50 * MINUTE_MS);
      await hours(stage, 40);
      demandAll(stage);
    },
  },
  {
    rule: "a late event in a day of many segments is archived by one rescan",
    play: async () => {
      const slow = { storeMs: 300, budgetMs: { drain: 600_000, rescan: 45_000 } };
      const stage = stageOf(1, slow);
      spread(stage, NOON_MS - 8 * HOUR_MS, NOON_MS, 500);
      show(stage, "late", NOON_MS - 9 * HOUR_MS, 12 * HOUR_MS);
      await drains(stage, 1, { settings: { batchEvents: 1 }, limits: { readers: 1 } });
      await stage.time.runUntil(NOON_MS + 18 * HOUR_MS + MINUTE_MS);
      await hours(stage, 3);
      demandAll(stage);
    },
  },
  ...[true, false].map((isInvalid) => ({
    rule: `a page that can never be read (${isInvalid ? "invalid" : "500"}) keeps nothing else from being archived`,
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 3 * DAY_MS, NOON_MS, 60);
      const place = stage.stream.all[31]!.at;
      makeUnreadable(stage, place, Number.POSITIVE_INFINITY, isInvalid);
      show(stage, "after", NOON_MS + HOUR_MS);
      await hours(stage, 12);
      demandAll(stage, (at) => at === place);
      const state = stage.saved.get(WORKSPACE)?.state;
      if (state === undefined || !hasSpans(state) || !isListed(state, place)) {
        throw new Violation("unreadable", "the checkpoint does not say what could not be read");
      }
    },
  })),
  ...LOOK_ROWS,
  ...COVERAGE_ROWS,
  ...SEAL_ROWS,
];
