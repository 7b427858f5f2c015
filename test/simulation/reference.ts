/** Short runs on a small stream, in which every effect has a number, and any of them can be made to fail. */

import { verify } from "../../lambda/archive/verify.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import type { Fault } from "../fakes/faults.ts";
import { refuse } from "./auditor.ts";
import type { Decide } from "./draw-fault.ts";
import { checkDrained, checkRescanned } from "./owed.ts";
import { type Run, type RunPlan, startRun } from "./run.ts";
import { codec, createStage, keptSince, type Stage } from "./stage.ts";
import { spellEvent } from "./stream.ts";
import { Violation } from "./violation.ts";

const NOON_MS = Date.parse("2026-05-02T12:00:00.000Z");
const MAX_CALM_RUNS = 3;

export type ReferenceName = "first drain" | "tail" | "scan" | "rescan";

interface Reference {
  /** Events a page; small, so that a run has several, and no more effects than pairs can be played of. */
  readonly pageSize: number;
  readonly what: RunPlan["what"];
  /** Everything before the run in which things go wrong. */
  prepare(stage: Stage): Promise<void>;
}

/** Two days, and an instant shared by two events where a page ends. */
function showHistory(stage: Stage): void {
  for (const [gid, ms] of [
    ["11", NOON_MS - 15 * HOUR_MS],
    ["12", NOON_MS - HOUR_MS],
    ["13", NOON_MS - HOUR_MS],
  ] as const) {
    show(stage, gid, ms);
  }
}

async function showMore(stage: Stage, afterMs: number, lateMs: number): Promise<void> {
  showHistory(stage);
  await calmRun(stage, "drain");
  const nowMs = stage.time.now();
  show(stage, "20", nowMs - 10 * MINUTE_MS, nowMs + lateMs);
  show(stage, "21", nowMs + MINUTE_MS);
  show(stage, "22", nowMs + MINUTE_MS);
  await stage.time.runUntil(nowMs + afterMs);
}

const REFERENCES: Readonly<Record<ReferenceName, Reference>> = {
  "first drain": { pageSize: 2, what: "drain", prepare: async (stage) => showHistory(stage) },
  tail: { pageSize: 2, what: "drain", prepare: (stage) => showMore(stage, 10 * MINUTE_MS, 5 * MINUTE_MS) },
  scan: { pageSize: 2, what: "drain", prepare: (stage) => showMore(stage, 2 * HOUR_MS, 30 * MINUTE_MS) },
  rescan: {
    pageSize: 5,
    what: { kind: "due" },
    prepare: async (stage) => {
      await showMore(stage, 2 * HOUR_MS, 3 * HOUR_MS);
      await calmRun(stage, "drain");
      await stage.time.runUntil(stage.time.now() + 18 * HOUR_MS);
    },
  },
};
export const REFERENCE_NAMES = Object.keys(REFERENCES) as ReferenceName[];

/** The calls of a run in which nothing goes wrong, in order: as in `archive.create`. */
export async function referenceCalls(name: ReferenceName): Promise<readonly string[]> {
  const stage = await prepared(name);
  const calls: string[] = [];
  const plan = planOf(REFERENCES[name].what, (call) => {
    calls.push(call);
    return null;
  });
  await finish(stage, startRun(stage, "reference", plan));
  return calls;
}

/** Faults by the number of the call they hit, from 1 on. */
export type FaultScript = ReadonlyMap<number, Fault>;

/** Plays the run with its faults, then runs without, and throws a Violation if all is not well in the end. */
export async function playScript(name: ReferenceName, script: FaultScript): Promise<void> {
  const stage = await prepared(name);
  let calls = 0;
  const decide: Decide = () => script.get(++calls) ?? null;
  const last = Math.max(...script.keys());
  for (let runs = 0; calls < last && runs < 3; runs += 1) {
    const { what } = REFERENCES[name];
    await finish(stage, startRun(stage, `rough-${runs}`, planOf(runs === 0 ? what : "drain", decide)));
    await stage.time.runUntil(stage.time.now() + MINUTE_MS);
  }
  await recover(stage);
  await stage.time.runUntil(stage.time.now() + 2 * DAY_MS); // whatever was on its way lands
  await recover(stage);
}

async function recover(stage: Stage): Promise<void> {
  const startedMs = stage.time.now();
  await calmRun(stage, "drain");
  checkDrained(stage, startedMs);
  const rescannedMs = stage.time.now();
  await calmRun(stage, { kind: "due" });
  checkRescanned(stage, rescannedMs);
  const { archive, checkpoints } = stage;
  refuse((await verify({ archive, checkpoints, codec }, {})).faults);
}

async function calmRun(stage: Stage, what: RunPlan["what"]): Promise<void> {
  for (let runs = 1; runs <= MAX_CALM_RUNS; runs += 1) {
    const run = startRun(stage, `calm-${runs}`, planOf(what));
    await finish(stage, run);
    if (run.outcome?.kind === "report" && run.outcome.report.outcome === "caught-up") return;
  }
  throw new Violation("I8", "not caught up");
}

async function finish(stage: Stage, run: Run): Promise<void> {
  const isOver = await stage.time.runWhile(() => run.outcome === null, stage.time.now() + DAY_MS);
  if (stage.violations[0] !== undefined) throw stage.violations[0];
  if (!isOver) throw new Violation("I8", "a run never ends");
  const kind = run.outcome?.kind === "error" ? run.outcome.error.kind : null;
  if (kind === "halted" || kind === "misconfigured") throw new Violation("errors", `${kind} without a reason`);
}

async function prepared(name: ReferenceName): Promise<Stage> {
  const stage = createStage(1, false, { startMs: NOON_MS, pageSize: REFERENCES[name].pageSize });
  // In an archive that has been kept for long few days are due, so a script has few effects.
  keptSince(stage, NOON_MS - DAY_MS);
  await REFERENCES[name].prepare(stage);
  return stage;
}

function planOf(what: RunPlan["what"], decide: Decide = () => null): RunPlan {
  const [settings, limits] = [{ batchEvents: 2 }, { readers: 1 }];
  return { what, settings, limits, writer: "1.0.0", timeMs: 14 * MINUTE_MS, decide };
}

function show({ stream }: Stage, gid: string, ms: number, visibleMs = ms): void {
  const createdAt = new Date(ms).toISOString();
  stream.add({ ...spellEvent({ gid, createdAt }), at: ms * 1000, visibleMs, lateMs: visibleMs - ms });
}
