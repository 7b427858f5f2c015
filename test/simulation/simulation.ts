/** One seed: months of virtual time in chapters. In each, things go wrong for a while; then it is calm, and all must be well. */

import { verify } from "../../lambda/archive/verify.ts";
import { DAY_MS, instantToMs } from "../../lambda/event/instant.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { refuse } from "./auditor.ts";
import { createEmitter } from "./emit.ts";
import { createOperator } from "./operators.ts";
import { checkDrained, checkOverlap, checkRescanned } from "./owed.ts";
import { type Outcome, type Run, type RunPlan, startRun } from "./run.ts";
import { codec, createStage, HOUR_MS, type Stage, WORKSPACE } from "./stage.ts";
import type { FaultKind } from "./swarm.ts";
import { judgeProgress } from "./truth.ts";
import { Violation } from "./violation.ts";

export interface SeedResult {
  readonly seed: number;
  readonly failure: string | null;
  readonly traceHash: string;
  readonly trace: readonly string[];
  readonly rates: Readonly<Partial<Record<FaultKind, number>>>;
  readonly struck: Readonly<Partial<Record<FaultKind, number>>>;
  readonly events: number;
  readonly segments: number;
  readonly runs: number;
  readonly effects: number;
  readonly virtualMs: number;
}

const MINUTE_MS = 60_000;
/** The source forgets after 90 days; a chapter's rough part stays below, so that nothing may be lost. */
const MAX_ROUGH_MS = 85 * DAY_MS;
const MAX_HISTORY_MS = 60 * DAY_MS;
/** Runs that calm may take: one may still find a refused offset, or a "not before" that has just passed. */
const MAX_CALM_RUNS = 3;
/** Waits of an hour for a "not before" told to a process whose clock was wrong by hours. */
const MAX_CALM_WAITS = 40;

export async function simulate(seed: number, isKept = false): Promise<SeedResult> {
  const stage = createStage(seed, isKept);
  const startMs = stage.time.now();
  const play = createPlay(stage);
  let failure: string | null = null;
  try {
    await play();
  } catch (error) {
    failure = error instanceof Violation ? error.message : `the simulation itself: ${(error as Error).stack}`;
  }
  failure = stage.violations[0]?.message ?? failure;
  return {
    seed,
    failure,
    traceHash: stage.trace.hash(),
    trace: stage.trace.lines,
    rates: stage.swarm.rates,
    struck: stage.swarm.struck,
    events: stage.stream.all.length,
    segments: stage.landings,
    runs: stage.runs,
    effects: stage.trace.length,
    virtualMs: stage.time.now() - startMs,
  };
}

function createPlay(stage: Stage): () => Promise<void> {
  const { random, swarm, time, trace } = stage;
  const strikes = swarm.strikes;
  const emitter = createEmitter(stage);
  const operator = createOperator(stage);
  const older = { writer: "1.0.0", ...drawTold() };
  const newer = { ...older, writer: "1.1.0", ...(strikes("deploy: other settings") && drawTold()) };
  /** Most gaps between two runs are up to 90 of these: minutes, an hour, or a quarter of a day. */
  const tempoMs = random.pick([2000, MINUTE_MS, MINUTE_MS, 4 * MINUTE_MS]);
  let live: Run[] = [];

  return async () => {
    const historyMs = random.chance(0.3) ? 1 + random.int(MAX_HISTORY_MS) : 0;
    if (historyMs > 0) emitter.emit(time.now() - historyMs, time.now(), random.int(100));
    const chapters = random.pick([1, 1, 1, 2]);
    for (let chapter = 0; chapter < chapters; chapter += 1) {
      await beRough(chapter === 0 ? MAX_ROUGH_MS - historyMs : MAX_ROUGH_MS);
      await beCalm();
    }
    if (random.chance(0.02)) await growOld();
  };

  async function beRough(lastsMs: number): Promise<void> {
    swarm.isCalm = false;
    const endMs = time.now() + lastsMs;
    for (let ticks = 2 + random.int(8); ticks > 0; ticks -= 1) {
      let gapMs = random.chance(0.85) ? tempoMs * (1 + random.int(90)) : HOUR_MS * (1 + random.int(20));
      if (strikes("operator: no runs for days")) gapMs = DAY_MS * (1 + random.int(4));
      if (strikes("operator: no runs for up to 60 days")) gapMs = DAY_MS * (1 + random.int(60));
      if (time.now() + gapMs > endMs) return;
      await pass(gapMs, random.int(random.pick([2, 4, 12])));
      if (strikes("archive: down for hours")) stage.downUntilMs.archive = time.now() + HOUR_MS * (1 + random.int(12));
      if (strikes("checkpoint: down for hours")) {
        stage.downUntilMs.checkpoint = time.now() + HOUR_MS * (1 + random.int(12));
      }
      operator.meddle();
      await operator.meddleQuietly(stopAll, async () => await finished(start(drawPlan())));
      start(drawPlan());
      if (strikes("process: runs side by side")) start(drawPlan());
      if (strikes("process: rescan beside a drain")) start({ ...drawPlan(), what: { kind: "last", ms: 2 * HOUR_MS } });
      live = live.filter(({ outcome }) => outcome === null);
    }
  }

  async function beCalm(): Promise<void> {
    swarm.isCalm = true;
    stage.downUntilMs.archive = stage.downUntilMs.checkpoint = 0;
    trace.note("calm");
    if (random.chance(0.5)) stopAll();
    operator.tidy();
    await pass(tempoMs * (1 + random.int(90)), random.int(4));
    const watermark = stage.saved.get(WORKSPACE)?.state.watermark ?? null;
    const drained = await untilCaughtUp(calmPlan("drain"));
    checkDrained(stage, drained.startedMs);
    const isScan = drained.run.requests.some(({ offset, endAt }) => offset === undefined && endAt === undefined);
    if (isScan && watermark !== null) checkOverlap(stage, drained.startedMs, instantToMs(watermark));
    const rescanned = await untilCaughtUp(calmPlan({ kind: "due" }));
    checkRescanned(stage, rescanned.startedMs);
    await verifyAll();
  }

  /** As whoever holds the archive does it. */
  async function verifyAll(): Promise<void> {
    const { archive, checkpoints } = stage;
    refuse((await verify({ archive, checkpoints, codec }, {})).faults);
    stopIfBroken();
  }

  /** Days pass without a fault, until the last rescan of what came in last. */
  async function growOld(): Promise<void> {
    for (let days = 0; days < 81; days += 9) {
      await pass(9 * DAY_MS, random.int(3));
      await untilCaughtUp(calmPlan("drain"));
      const { startedMs } = await untilCaughtUp(calmPlan({ kind: "due" }));
      checkRescanned(stage, startedMs);
    }
  }

  async function pass(gapMs: number, events: number): Promise<void> {
    const fromMs = time.now();
    emitter.emit(fromMs, fromMs + gapMs, events);
    await time.runUntil(fromMs + gapMs);
    stopIfBroken();
  }

  async function untilCaughtUp(plan: RunPlan): Promise<{ run: Run; startedMs: number }> {
    let waits = 0;
    for (let runs = 0; runs < MAX_CALM_RUNS; runs += 1) {
      const startedMs = time.now();
      const run = start(plan);
      const outcome = await finished(run);
      if (outcome.kind === "report" && outcome.report.outcome === "caught-up") return { run, startedMs };
      if (outcome.kind === "error" && run.requests.length === 0 && waits++ < MAX_CALM_WAITS) {
        runs -= 1;
        await pass(HOUR_MS, 0);
      }
    }
    refuse(judgeProgress(WORKSPACE, MAX_CALM_RUNS + 1, MAX_CALM_RUNS));
    throw new Error("unreachable");
  }

  function start(plan: RunPlan): Run {
    stage.runs += 1;
    const run = startRun(stage, `run-${stage.runs}`, plan);
    live.push(run);
    return run;
  }

  async function finished(run: Run): Promise<Outcome> {
    const isOver = await time.runWhile(() => run.outcome === null, time.now() + 90 * DAY_MS);
    stopIfBroken();
    if (!isOver || run.outcome === null) stage.fail(new Violation("I8", `${run.process.name} never ends`));
    return run.outcome!;
  }

  function stopAll(): void {
    for (const run of live) if (run.outcome === null) run.process.kill("stopped by its operator");
    live = [];
  }

  function stopIfBroken(): void {
    if (stage.violations.length > 0) throw stage.violations[0];
  }

  function drawPlan(): RunPlan {
    const version = strikes("deploy: another writer version") ? newer : older;
    // Without a place to go on from, what is due is 90 days: seldom, for it is always the same.
    const isFirst = stage.saved.get(WORKSPACE)?.state.rescans.settledThrough == null;
    const isRescan = random.chance(isFirst ? 0.02 : 0.2);
    const what = isRescan ? { kind: "due" as const } : "drain";
    return {
      what: strikes("operator: rescans a window") ? { kind: "last", ms: HOUR_MS * (1 + random.int(100)) } : what,
      ...version,
      timeMs: strikes("process: time is up early") ? 1000 * random.int(60) : 14 * MINUTE_MS,
      graceMs: strikes("process: killed at its deadline") ? 30_000 : null,
    };
  }

  function calmPlan(what: RunPlan["what"]): RunPlan {
    return { what, ...older, timeMs: DAY_MS, graceMs: null };
  }

  /** In the order of the draws, which the seeds on record depend on. */
  function drawTold(): Pick<RunPlan, "settings" | "limits"> {
    const batch = {
      batchEvents: random.pick([1, 2, 5, 20, 100_000]),
      batchMinutes: random.pick([1 / 60, defaultRunSettings.batchMinutes]),
    };
    const limits = {
      batchDays: random.pick([1, 2, 16]),
      windows: random.pick([1, 2, 3, 8]),
      windowsFromPages: random.pick([2, 5, 50]),
      windowsFromEvents: 1,
      windowPages: random.pick([1, 3, 50]),
      maxIds: random.pick([0, 5, 200_000]),
    };
    const pageLimit = random.pick([null, null, null, 2, 100]);
    const offsetLifeMs = random.pick([15 * MINUTE_MS, 365 * DAY_MS]);
    return { settings: { ...batch, pageLimit }, limits: { ...limits, offsetLifeMs } };
  }
}
