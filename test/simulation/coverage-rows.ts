/** Small worlds about coverage entries: each look at a whole day leaves one, and says no more than was found. */
import { dayCoveragePrefix } from "../../lambda/coverage/coverage-key.ts";
import { type CoverageEntry, parseEntry } from "../../lambda/coverage/entry.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import type { Fault } from "../fakes/faults.ts";
import type { Decide } from "./draw-fault.ts";
import { startRun } from "./run.ts";
import { drains, finish, hours, lie, NOON_MS, plan, type Row, rescans, show, spread, stageOf, TOLD } from "./script.ts";
import { keptSince, type Stage, WORKSPACE } from "./stage.ts";
import { Violation } from "./violation.ts";

/** When the second of May is settled. */
const SETTLED_MS = NOON_MS + 18 * HOUR_MS;
const DAY = "2026-05-02";
/** Of which the last look is due by the same time. */
const AGED_DAYS = ["2026-02-11", "2026-02-12"];

function entriesOf({ objects }: Stage, day = DAY): CoverageEntry[] {
  const keys = [...objects.keys()].filter((key) => key.startsWith(dayCoveragePrefix(WORKSPACE, day)));
  return keys.sort().map((key) => parseEntry(objects.get(key)!));
}

function demandEntries(stage: Stage, reasons: readonly CoverageEntry["reason"][], day = DAY): void {
  const found = entriesOf(stage, day).map(({ reason }) => reason ?? "complete");
  const wanted = reasons.map((reason) => reason ?? "complete");
  if (found.join() !== wanted.join()) throw new Violation("I11", `of ${day} there is on record: ${found.join()}`);
}

/** A day with events up to its last minute, so that its look is over at once. It is settled now. */
async function settledDay(): Promise<Stage> {
  const stage = stageOf(5);
  keptSince(stage, NOON_MS);
  spread(stage, NOON_MS, NOON_MS + 12 * HOUR_MS, 12);
  show(stage, "next", NOON_MS + 13 * HOUR_MS);
  await stage.time.runUntil(SETTLED_MS - HOUR_MS);
  await drains(stage, 6);
  await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
  return stage;
}

/** Rescans until the day is done; each call for which `decide` says so goes wrong. */
async function rescanAll(stage: Stage, decide: Decide): Promise<void> {
  for (let hour = 0; hour < 5; hour += 1) {
    const tickMs = stage.time.now();
    await finish(stage, startRun(stage, `rescan-${hour}`, plan({ kind: "due" }, stage, TOLD, decide)));
    await stage.time.runUntil(tickMs + HOUR_MS + MINUTE_MS);
  }
}

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["the run dies before it is created", { kind: "crash", took: false }],
  ["the run dies after it was created", { kind: "crash", took: true }],
  ["the store does not say that it did not create it", { kind: "answer", outcome: "unknown", took: false }],
  ["the store does not say that it did create it", { kind: "answer", outcome: "unknown", took: true }],
  ["its number is said to be taken, and is not", { kind: "answer", outcome: "exists", took: false }],
];

export const COVERAGE_ROWS: readonly Row[] = [
  ...FAULTS.map(([what, fault]) => ({
    rule: `a look leaves one entry, also where ${what}`,
    play: async () => {
      const stage = await settledDay();
      let creates = 0; // all is archived already, so what a rescan creates is an entry
      await rescanAll(stage, (call) => (call === "archive.create" && ++creates === 1 ? fault : null));
      if (creates === 0) throw new Violation("I11", "no entry was ever created");
      for (const day of [...AGED_DAYS, DAY]) demandEntries(stage, [null], day);
    },
  })),
  {
    rule: "what the source no longer shows is gone, and not seen",
    play: async () => {
      const stage = await settledDay();
      lie(stage, "region", 0, DAY_MS, [NOON_MS + 3 * HOUR_MS, NOON_MS + 3 * HOUR_MS + 1]);
      await rescanAll(stage, () => null);
      demandEntries(stage, [null]);
      const [entry] = entriesOf(stage);
      if (entry!.seen !== 11 || entry!.gone !== 1)
        throw new Violation("I11", `${entry!.seen} are seen and ${entry!.gone} are gone, of 12`);
    },
  },
  {
    rule: "a look that the source did not answer is on record as one that was cut off, and the next one as whole",
    play: async () => {
      const stage = await settledDay();
      const decide: Decide = (call) => (call === "source.page" ? { kind: "fail", took: false } : null);
      await finish(stage, startRun(stage, "unanswered", plan({ kind: "due" }, stage, TOLD, decide)));
      demandEntries(stage, ["scan-incomplete"]);
      await rescanAll(stage, () => null);
      demandEntries(stage, ["scan-incomplete", null]);
    },
  },
  {
    rule: "what a look counts is what there was of the day, in however many parts and runs it was read",
    play: async () => {
      const stage = stageOf(1, { pageMs: 2000, budgetMs: { drain: 840_000, rescan: 45_000 } });
      keptSince(stage, NOON_MS);
      spread(stage, NOON_MS, NOON_MS + 12 * HOUR_MS, 150);
      show(stage, "next", NOON_MS + 13 * HOUR_MS);
      await stage.time.runUntil(SETTLED_MS - HOUR_MS);
      await drains(stage, 6);
      await stage.time.runUntil(SETTLED_MS + MINUTE_MS);
      await rescans(stage, 12, { ...TOLD, limits: { ...TOLD.limits, readers: 1 } });
      demandEntries(stage, [null]);
      const [entry] = entriesOf(stage);
      if (entry!.seen !== 150 || entry!.gone !== 0)
        throw new Violation("I11", `${entry!.seen} are seen and ${entry!.gone} are gone, of 150`);
    },
  },
  {
    rule: "of the days that the source was forgetting when they were looked at, none counts as looked at to its end",
    play: async () => {
      const stage = stageOf(5);
      show(stage, "1", NOON_MS - HOUR_MS);
      await hours(stage, 3);
      const oldest = [90, 89].map((days) => new Date(NOON_MS - days * DAY_MS).toISOString().slice(0, 10));
      for (const day of oldest) demandEntries(stage, ["source-forgot"], day);
    },
  },
];
