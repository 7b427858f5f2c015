/** Small worlds about what is looked at again: how soon, however often, and until when. Each fails if its rule is broken. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import type { CheckpointState } from "../../lambda/ports.ts";
import { isIn, isListed, type Listed, listedSpans, scheduledOf } from "./checkpoint-view.ts";
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
  rescans,
  SHORT_RUNS,
  show,
  spread,
  stageOf,
  TOLD,
} from "./script.ts";
import { keptSince, type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";

/** When the second of May is settled. */
const SETTLED_MS = NOON_MS + 18 * HOUR_MS;
const ONE_READER = { ...TOLD, limits: { ...TOLD.limits, readers: 1 } };

const stateOf = ({ saved }: Stage) => saved.get(WORKSPACE)!.state;

function demandNoneListed(stage: Stage, isOwed: (span: Listed) => boolean): void {
  const [left] = listedSpans(stateOf(stage)).filter(isOwed);
  if (left !== undefined) throw new Violation("I8", `${left.purpose} from ${left.from} on is still to be read`);
}

const isSettled = ({ purpose }: Listed): boolean => purpose === "settled";
const isDueBefore = ({ dueAt }: Listed, ms: number): boolean => Date.parse(dueAt) < ms;

const settledThrough = (state: CheckpointState): string => scheduledOf(state).settledThrough ?? "";

/** How much of the settled days is still to be read. */
const unreadMs = (state: CheckpointState): number =>
  listedSpans(state)
    .filter(({ purpose }) => purpose === "settled")
    .reduce((ms, { from, until }) => ms + Date.parse(until) - Date.parse(from!), 0);

/** An archive that has been kept up to noon, a morning of events, and one of the night before that appears 18 hours late. */
function lateEvent(stage: Stage): void {
  keptSince(stage, NOON_MS);
  show(stage, "late", NOON_MS - 10 * HOUR_MS, 18 * HOUR_MS);
  spread(stage, NOON_MS - 8 * HOUR_MS, NOON_MS - HOUR_MS, 20);
}

export const LOOK_ROWS: readonly Row[] = [
  ...[
    { look: "settled", form: "blank" } as const,
    { look: "settled", form: "empty" } as const,
    { look: "aged", form: "blank" } as const,
  ].map(({ look, form }) => ({
    rule: `a source that is ${form} for some minutes when a day is ${look} is asked again`,
    play: async () => {
      const stage = stageOf(5);
      const dayMs = NOON_MS - 12 * HOUR_MS;
      const dueMs = look === "settled" ? dayMs + 30 * HOUR_MS : dayMs + 80 * DAY_MS;
      show(stage, "1", NOON_MS - HOUR_MS);
      show(stage, "2", NOON_MS - HOUR_MS, dueMs - HOUR_MS / 2 - (NOON_MS - HOUR_MS));
      show(stage, "3", dueMs - 3 * HOUR_MS);
      await hours(stage, 2);
      await stage.time.runUntil(dueMs - 2 * HOUR_MS);
      await hours(stage, 2);
      lie(stage, form, 0, 10 * MINUTE_MS);
      await hours(stage, 4);
      demandAll(stage);
    },
  })),
  {
    rule: "a look that shows less than is archived is repeated an hour later",
    play: async () => {
      const stage = stageOf(5);
      const settledMs = NOON_MS + 18 * HOUR_MS;
      spread(stage, NOON_MS - 8 * HOUR_MS, NOON_MS - HOUR_MS, 20);
      show(stage, "late", NOON_MS - 4 * HOUR_MS, 12 * HOUR_MS);
      await hours(stage, 2);
      await stage.time.runUntil(settledMs + MINUTE_MS);
      lie(stage, "region", 0, 10 * MINUTE_MS, [NOON_MS - 5 * HOUR_MS, NOON_MS - 3 * HOUR_MS]);
      await hours(stage, 4);
      demandAll(stage);
    },
  },
  {
    rule: "a source that is blank for half an hour when a day is settled is not believed, however often it is asked",
    play: async () => {
      const stage = stageOf(5);
      lateEvent(stage);
      await hours(stage, 2);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      lie(stage, "blank", 0, 30 * MINUTE_MS);
      await rescans(stage, 6, TOLD, 10 * MINUTE_MS);
      await hours(stage, 4);
      demandAll(stage);
    },
  },
  {
    rule: "what was blank for a moment is found by the same rescan",
    play: async () => {
      const stage = stageOf(5, { pageMs: 2000 });
      lateEvent(stage);
      await hours(stage, 2);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      lie(stage, "blank", 0, 5600);
      await rescans(stage, 1);
      demandAll(stage);
    },
  },
  {
    rule: "what was blank for a moment is found by the rescan that somebody asked for",
    play: async () => {
      const stage = stageOf(5, { pageMs: 2000 });
      lateEvent(stage);
      await hours(stage, 2);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      lie(stage, "blank", 0, 5600);
      await finish(stage, startRun(stage, "asked", plan({ kind: "last", ms: 2 * DAY_MS }, stage)));
      demandAll(stage);
    },
  },
  {
    rule: "a silence is as old as its first look: the rescan an hour later believes it, however long the first one went on",
    play: async () => {
      const stage = stageOf(1, { pageMs: 4000 });
      keptSince(stage, NOON_MS);
      show(stage, "0", NOON_MS + MINUTE_MS);
      await drains(stage, 1);
      spread(stage, NOON_MS + DAY_MS, NOON_MS + DAY_MS + HOUR_MS, 150);
      await stage.time.runUntil(SETTLED_MS + DAY_MS);
      await drains(stage, 2);
      await rescans(stage, 1, ONE_READER, HOUR_MS + MINUTE_MS);
      const silent = (NOON_MS + 6 * HOUR_MS) * 1000;
      if (!isListed(stateOf(stage), silent)) throw new Violation("I8", "a silent day was believed at its first look");
      await rescans(stage, 1, ONE_READER);
      if (isListed(stateOf(stage), silent)) throw new Violation("I8", "a silent day is still doubted after an hour");
    },
  },
  {
    rule: "the silence behind a burst at one instant is believed an hour later, however many readers there are",
    play: async () => {
      const stage = stageOf(1);
      keptSince(stage, NOON_MS);
      show(stage, "first", NOON_MS);
      for (let index = 0; index < 60; index += 1) show(stage, `burst${index}`, NOON_MS + HOUR_MS);
      await drains(stage, 15);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      await rescans(stage, 2, { ...TOLD, limits: { sharePages: 5 } }, HOUR_MS + MINUTE_MS);
      demandNoneListed(stage, isSettled);
      demandAll(stage);
    },
  },
  {
    rule: "silence behind what was not there at the first look is not believed at the second",
    play: async () => {
      const stage = stageOf(5);
      lateEvent(stage);
      show(stage, "later", NOON_MS - 5 * HOUR_MS, 12 * HOUR_MS);
      await hours(stage, 2);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      lie(stage, "blank", 0, 10 * MINUTE_MS);
      await rescans(stage, 1, TOLD, HOUR_MS + MINUTE_MS);
      lie(stage, "region", 0, 10 * MINUTE_MS, [NOON_MS - 6 * HOUR_MS, NOON_MS + DAY_MS]);
      await rescans(stage, 1, { ...TOLD, limits: {} });
      await hours(stage, 4);
      demandAll(stage);
    },
  },
  {
    rule: "in a quiet workspace each silence is believed in its turn, also where rescans are half an hour apart",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "1", NOON_MS - MINUTE_MS);
      await drains(stage, 1);
      await rescans(stage, 20, TOLD, HOUR_MS / 2);
      const untilMs = stage.time.now() - 4 * HOUR_MS;
      demandNoneListed(stage, (span) => span.purpose === "recent" && isDueBefore(span, untilMs));
    },
  },
  {
    rule: "days that a source whose clock was ahead by weeks made a rescan take for done are looked at when they are settled",
    play: async () => {
      const stage = stageOf(5);
      lateEvent(stage);
      await hours(stage, 5);
      stage.sourceSkewMs = 20 * DAY_MS;
      await rescans(stage, 1);
      stage.sourceSkewMs = 0;
      await hours(stage, 20);
      demandAll(stage);
    },
  },
  {
    rule: "a look that began hours after a rescan's present, as after one that was frozen, leaves an entry all the same",
    play: async () => {
      const stage = stageOf(5);
      lateEvent(stage);
      await hours(stage, 1);
      await stage.time.runUntil(SETTLED_MS + 6 * HOUR_MS);
      await rescans(stage, 1); // since noon there was nothing, and that has to wait for its hour
      stage.sourceSkewMs = -3 * HOUR_MS;
      await rescans(stage, 1, TOLD, MINUTE_MS);
      stage.sourceSkewMs = 0;
      await rescans(stage, 4);
      stage.coverage.checkCovered(true);
    },
  },
  {
    rule: "what was silent while the source's clock was ahead by weeks is asked for when it no longer is",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 40 * DAY_MS, NOON_MS, 400);
      stage.sourceSkewMs = 20 * DAY_MS;
      lie(stage, "blank", 900, MINUTE_MS);
      await drains(stage, 1);
      stage.sourceSkewMs = 0;
      await drains(stage, 12);
      demandAll(stage);
    },
  },
  {
    rule: "what was still to come when a source whose clock was ahead by hours showed nothing of it is asked for when it is there",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 40 * DAY_MS, NOON_MS, 400);
      stage.sourceSkewMs = 4 * HOUR_MS;
      await drains(stage, 1);
      stage.sourceSkewMs = 0;
      spread(stage, NOON_MS + 2 * HOUR_MS, NOON_MS + 3 * HOUR_MS, 10);
      await drains(stage, 60);
      demandAll(stage);
    },
  },
  {
    rule: "a process whose clock is ahead by hours sets nothing aside that is still to come",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "first", NOON_MS - MINUTE_MS);
      await drains(stage, 1);
      show(stage, "unreadable", NOON_MS + 5 * MINUTE_MS);
      makeUnreadable(stage, (NOON_MS + 5 * MINUTE_MS) * 1000);
      await drains(stage, 2, TOLD, 20 * MINUTE_MS); // no offset is fresh
      await finish(stage, startRun(stage, "ahead", { ...plan("drain", stage), skewMs: 3 * HOUR_MS }));
      const { tail, spans } = stateOf(stage);
      if (spans.length === 0) throw new Violation("unreadable", "nothing was set aside");
      if (Date.parse(tail.from!) > stage.time.now()) throw new Violation("I8", `the tail waits for ${tail.from}`);
    },
  },
  {
    rule: "a process whose clock is ahead by hours believes no silence before the source's clock says so",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 40 * DAY_MS, NOON_MS, 400);
      lie(stage, "blank", 900, 30 * MINUTE_MS);
      await drains(stage, 1);
      await finish(stage, startRun(stage, "ahead", { ...plan("drain", stage), skewMs: 2 * HOUR_MS }));
      await drains(stage, 12);
      demandAll(stage);
    },
  },
  {
    rule: "an event that is shown 50 minutes late is archived within two hours",
    play: async () => {
      const stage = stageOf(5);
      keptSince(stage, NOON_MS);
      show(stage, "first", NOON_MS);
      show(stage, "late", NOON_MS + 170 * MINUTE_MS, 50 * MINUTE_MS);
      show(stage, "before", NOON_MS + 175 * MINUTE_MS);
      show(stage, "after", NOON_MS + 3 * HOUR_MS);
      await hours(stage, 5);
      demandAll(stage);
    },
  },
  {
    rule: "a settled day of many turns is read in one rescan",
    play: async () => {
      const stage = stageOf(1);
      keptSince(stage, NOON_MS);
      show(stage, "first", NOON_MS);
      spread(stage, NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS, 60);
      await drains(stage, 15);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      await rescans(stage, 3, ONE_READER);
      demandNoneListed(stage, isSettled);
    },
  },
  {
    rule: "a rescan that dies right after it has noted what is due leaves it to be read",
    play: async () => {
      const stage = stageOf(5);
      lateEvent(stage);
      await hours(stage, 2);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      let moves = 0;
      const decide = (call: string) => {
        if (call === "checkpoint.move") moves += 1;
        return moves === 2 ? ({ kind: "crash", took: false } as const) : null;
      };
      await finish(stage, startRun(stage, "dies", plan({ kind: "due" }, stage, TOLD, decide)));
      await hours(stage, 4);
      demandAll(stage);
    },
  },
  {
    rule: "each day that a first drain has read is looked at again",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 20 * DAY_MS, NOON_MS, 60);
      show(stage, "late", NOON_MS - 5 * DAY_MS, HOUR_MS / 2);
      await drains(stage, 6);
      await hours(stage, 3);
      demandAll(stage);
    },
  },
  {
    rule: "a settled day larger than a run does not keep the recent hour waiting where there is one reader",
    play: async () => {
      const stage = stageOf(1, SHORT_RUNS);
      keptSince(stage, NOON_MS);
      show(stage, "first", NOON_MS);
      spread(stage, NOON_MS + HOUR_MS, NOON_MS + 6 * HOUR_MS, 300);
      await hours(stage, 18);
      spread(stage, SETTLED_MS, SETTLED_MS + 10 * MINUTE_MS, 12);
      show(stage, "late", SETTLED_MS + 15 * MINUTE_MS, 40 * MINUTE_MS);
      show(stage, "after", SETTLED_MS + 20 * MINUTE_MS);
      await hours(stage, 4, ONE_READER);
      demandAll(stage);
    },
  },
  {
    rule: "a damaged day does not keep the days behind it waiting where there is one reader",
    play: async () => {
      const stage = stageOf(5);
      for (let day = 6; day >= 0; day -= 1) show(stage, `day${day}`, NOON_MS - day * DAY_MS - HOUR_MS);
      await drains(stage, 2);
      damageDay(stage, NOON_MS - 5 * DAY_MS);
      show(stage, "late", NOON_MS - 3 * DAY_MS, HOUR_MS / 2);
      await stage.time.runUntil(NOON_MS + HOUR_MS);
      await rescans(stage, 4, ONE_READER);
      demandAll(stage);
    },
  },
  {
    rule: "what the tail could not read for hours is archived once it can be read, by drains alone",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "first", NOON_MS - MINUTE_MS);
      await drains(stage, 1);
      show(stage, "unreadable", NOON_MS + 11 * MINUTE_MS);
      const place = stage.stream.all.at(-1)!.at;
      makeUnreadable(stage, place, NOON_MS + 5 * HOUR_MS);
      show(stage, "after", NOON_MS + 3 * HOUR_MS);
      await drains(stage, 60);
      demandAll(stage);
    },
  },
  {
    rule: "a page that cannot be read fails three drains, and none once it is set aside",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "first", NOON_MS - MINUTE_MS);
      await drains(stage, 1);
      const place = (NOON_MS + 5 * MINUTE_MS) * 1000;
      show(stage, "unreadable", place / 1000);
      makeUnreadable(stage, place);
      for (let minutes = 30; minutes < 240; minutes += 30)
        show(stage, `after${minutes}`, NOON_MS + minutes * MINUTE_MS);
      const runs = await drains(stage, 12, TOLD, 20 * MINUTE_MS); // no offset is fresh
      const failed = runs.filter(({ outcome }) => outcome!.kind !== "report").length;
      if (failed > 3) throw new Violation("I8", `${failed} drains failed`);
      demandAll(stage, (at) => at === place);
    },
  },
  {
    rule: "what could never be read is noted as lost when the source forgets it",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 3 * DAY_MS, NOON_MS, 20);
      const place = stage.stream.all[10]!.at;
      makeUnreadable(stage, place);
      await hours(stage, 6);
      await stage.time.runUntil(NOON_MS + 92 * DAY_MS);
      await hours(stage, 2);
      const { spans, ...state } = stateOf(stage);
      if (!isListed({ ...state, spans: [] }, place)) throw new Violation("lost", "nobody is told what was never read");
    },
  },
  {
    rule: "a run that finds in the checkpoint when it may come back asks nothing before",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "first", NOON_MS - MINUTE_MS);
      await drains(stage, 1);
      const { state } = stage.saved.get(WORKSPACE)!;
      const notBefore = new Date(stage.time.now() + HOUR_MS / 2).toISOString() as typeof state.notBefore;
      stage.saved.set(WORKSPACE, { version: "told", state: { ...state, notBefore } });
      await drains(stage, 6);
      await rescans(stage, 1);
      demandAll(stage);
    },
  },
  {
    rule: "of two runs side by side, neither undoes what the other has done",
    play: async () => {
      const stage = stageOf(1, SHORT_RUNS);
      spread(stage, NOON_MS - 20 * DAY_MS, NOON_MS, 200);
      await drains(stage, 12);
      for (let pairs = 0; pairs < 8; pairs += 1) {
        const other = startRun(stage, `other-${pairs}`, plan({ kind: "due" }, stage));
        await rescans(stage, 1, TOLD, HOUR_MS / 2);
        await finish(stage, other);
      }
      for (const [index, { state }] of stage.backups.entries()) {
        const before = stage.backups[index - 1]?.state;
        if (before?.watermark == null) continue;
        if (state.watermark! < before.watermark) throw new Violation("I8", "the watermark went back");
        if (settledThrough(state) < settledThrough(before))
          throw new Violation("I8", "a day that was due is not any more");
        if (settledThrough(state) === settledThrough(before) && unreadMs(state) > unreadMs(before)) {
          throw new Violation("I8", "what was read is to be read again");
        }
      }
      demandAll(stage);
    },
  },
  {
    rule: "what is shown late in a silence that is doubted is archived by the one look that finds it",
    play: async () => {
      const stage = stageOf(1);
      show(stage, "first", NOON_MS - 30 * MINUTE_MS);
      await drains(stage, 1);
      for (let late = 0; late < 8; late += 1) show(stage, `late${late}`, NOON_MS - (29 - late) * MINUTE_MS, HOUR_MS);
      await rescans(stage, 3);
      demandAll(stage);
    },
  },
  {
    rule: "a place that can never be read does not keep silence elsewhere from being believed",
    play: async () => {
      const stage = stageOf(5);
      spread(stage, NOON_MS - 3 * DAY_MS, NOON_MS - DAY_MS, 30);
      const place = stage.stream.all[12]!.at;
      makeUnreadable(stage, place);
      await hours(stage, 12);
      const untilMs = stage.time.now() - 6 * HOUR_MS;
      demandNoneListed(stage, (span) => span.purpose !== "recent" && isDueBefore(span, untilMs) && !isIn(span, place));
    },
  },
];
