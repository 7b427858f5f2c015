/** One seed: months of virtual time in chapters. In each, things go wrong for a while; then it is calm, and all must be well. */

import { mayBeExpired } from "../../lambda/archive/invariants.ts";
import { verify } from "../../lambda/archive/verify.ts";
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, msToInstant } from "../../lambda/event/instant.ts";
import { defaultRunSettings } from "../../lambda/settings.ts";
import { refuse } from "./auditor.ts";
import { scheduledOf, tailFrom } from "./checkpoint-view.ts";
import { createEmitter } from "./emit.ts";
import { drawEpisodes, endEpisodes } from "./lies.ts";
import { createOperator } from "./operators.ts";
import { checkDrained, checkGoesBack, checkRescanned, checkTail, hasExcused, leftToRead } from "./owed.ts";
import { allowedRuns, perfectRuns, searchRuns } from "./perfect.ts";
import { type Outcome, type Run, type RunPlan, startRun } from "./run.ts";
import { createSealing, type Sealing } from "./sealing.ts";
import { codec, createStage, keptSince, type Stage, WORKSPACE } from "./stage.ts";
import type { Shown } from "./stream.ts";
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

/** The source forgets after 90 days; a chapter's rough part stays below, so that nothing may be lost. */
const MAX_ROUGH_MS = 85 * DAY_MS;
const MAX_HISTORY_MS = 60 * DAY_MS;
/** A hundred events within a millisecond or two would be more than a run can read, and nobody comes further in them. */
const MIN_HISTORY_MS = MINUTE_MS;
/** Hours that doubts may take: one that is found, the hour in which it is believed, and one more for a part of it. */
const MAX_WAITS = 4;
/**
 * Hours more where a gid is archived twice, under two times that are not compared. A look that meets both takes one of them for a
 * conflict, and counts less as shown than is archived. The next look meets the silence behind the other for the first time. Either
 * look may have to wait for two rescans.
 */
const MAX_DOUBLE_WAITS = 4;
/** Runs in which a part could not be read before it is searched, beside those that search it and read everything else. */
const MAX_TRIES = 6;
/** Waits of an hour for a "not before" told to a process whose clock was wrong by hours. */
const MAX_CALM_WAITS = 40;

export async function simulate(seed: number, isKept = false): Promise<SeedResult> {
  const stage = createStage(seed, isKept);
  const startMs = stage.time.now();
  const sealing = createSealing(stage, seed);
  const play = createPlay(stage, sealing);
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
    struck: addCounts(stage.swarm.struck, sealing.struck),
    events: stage.stream.all.length,
    segments: stage.landings,
    runs: stage.runs,
    effects: stage.trace.length,
    virtualMs: stage.time.now() - startMs,
  };
}

function addCounts(counts: SeedResult["struck"], more: SeedResult["struck"]): SeedResult["struck"] {
  const sum = { ...counts };
  for (const [kind, count] of Object.entries(more)) sum[kind as FaultKind] = (sum[kind as FaultKind] ?? 0) + count;
  return sum;
}

function createPlay(stage: Stage, sealing: Sealing): () => Promise<void> {
  const { random, swarm, time, trace, world } = stage;
  const strikes = swarm.strikes;
  const emitter = createEmitter(stage);
  const operator = createOperator(stage);
  const older = { writer: "1.0.0", ...drawTold() };
  const newer = { ...older, writer: "1.1.0", ...(strikes("deploy: other settings") && drawTold()) };
  stage.comparesAll = [older, newer].every(({ limits }) => limits.maxIds === undefined || limits.maxIds > 1000);
  const isPutBack = swarm.rates["operator: checkpoint restored"] ?? swarm.rates["operator: checkpoint deleted"];
  stage.remembersIds = isPutBack === undefined && !("pages" in world.history);
  /** Most gaps between two runs are up to 90 of these: minutes, an hour, or a quarter of a day. */
  const tempoMs = random.pick([2000, MINUTE_MS, MINUTE_MS, 4 * MINUTE_MS]);
  let live: Run[] = [];
  /** Events that come all at once, until they have come. */
  let manyLeft = "pages" in world.history ? Math.ceil(world.history.pages * world.pageSize) : 0;

  return async () => {
    // Mostly days, sometimes months: each day of the history is looked at again, and that takes time.
    const historyMs = random.chance(0.3)
      ? Math.max(MIN_HISTORY_MS, Math.floor(MAX_HISTORY_MS * random.next() ** 3))
      : 0;
    const oldestMs = time.now() - (historyMs === 0 ? 0 : historyMs + manyLastMs());
    if (historyMs > 0) {
      emit(time.now() - historyMs, time.now(), random.int(100));
      if (random.chance(0.5)) emitMany(time.now() - random.int(historyMs) - manyLastMs());
    }
    // Most archives have been kept up to where their history begins, so that few days are due and a seed is quick. The
    // others read all 90 days that the source keeps, which shows much the same in every seed.
    if (random.chance(historyMs === 0 ? 0.95 : 0.75)) keptSince(stage, oldestMs);
    const chapters = random.pick([1, 1, 1, 2]);
    for (let chapter = 0; chapter < chapters; chapter += 1) {
      await beRough(chapter === 0 ? MAX_ROUGH_MS - historyMs : MAX_ROUGH_MS);
      await beCalm();
    }
    if (random.chance(hasExcused(stage) ? 0.3 : 0.02)) await growOld();
    if (world.expireAfterDays !== null) await outlive(world.expireAfterDays);
  };

  function emit(fromMs: number, toMs: number, count: number): void {
    emitter.emit(fromMs, toMs, world.history.kind === "quiet" && random.chance(0.9) ? 0 : count);
  }

  /** What one run cannot read: a day of it, an hour of it, or half of it in one instant. */
  function emitMany(fromMs: number): void {
    if (manyLeft === 0) return;
    trace.note(`${manyLeft} events within ${manyLastMs()} ms`);
    emitter.emitMany(fromMs, fromMs + manyLastMs(), manyLeft);
    manyLeft = 0;
  }

  function manyLastMs(): number {
    return { day: DAY_MS, hour: HOUR_MS, instant: 1, ordinary: 0, quiet: 0 }[world.history.kind];
  }

  async function passMany(): Promise<void> {
    if (manyLeft === 0) return;
    emitMany(time.now());
    await pass(manyLastMs(), 0);
  }

  async function beRough(lastsMs: number): Promise<void> {
    swarm.isCalm = false;
    const endMs = time.now() + lastsMs;
    for (let ticks = 2 + random.int(8); ticks > 0; ticks -= 1) {
      let gapMs = random.chance(0.85) ? tempoMs * (1 + random.int(90)) : HOUR_MS * (1 + random.int(20));
      if (strikes("operator: no runs for days")) gapMs = DAY_MS * (1 + random.int(4));
      if (strikes("operator: no runs for up to 60 days")) gapMs = DAY_MS * (1 + random.int(60));
      if (time.now() + gapMs > endMs) return;
      await pass(gapMs, random.int(random.pick([2, 4, 12])));
      if (random.chance(0.3)) await passMany();
      if (strikes("archive: down for hours")) stage.downUntilMs.archive = time.now() + HOUR_MS * (1 + random.int(12));
      if (strikes("checkpoint: down for hours")) {
        stage.downUntilMs.checkpoint = time.now() + HOUR_MS * (1 + random.int(12));
      }
      operator.meddle();
      await operator.meddleQuietly(stopAll, async () => await finished(start(drawPlan())));
      drawEpisodes(stage);
      start(drawPlan());
      if (strikes("process: runs side by side")) start(drawPlan());
      if (strikes("process: rescan beside a drain")) start({ ...drawPlan(), what: { kind: "last", ms: 2 * HOUR_MS } });
      live = live.filter(({ outcome }) => outcome === null);
      sealing.start();
    }
  }

  async function beCalm(): Promise<void> {
    const damaged = strikes("operator: an old segment is damaged") ? operator.damage() : null;
    swarm.isCalm = true;
    stage.downUntilMs.archive = stage.downUntilMs.checkpoint = 0;
    endEpisodes(stage);
    trace.note("calm");
    if (random.chance(0.5)) stopAll();
    operator.tidy();
    await pass(tempoMs * (1 + random.int(90)), random.int(4));
    if (damaged !== null) {
      sealing.mayHalt = true;
      sealing.start();
      await goOnBeside(damaged.day);
      sealing.stop();
      sealing.mayHalt = false;
      damaged.repair();
    }
    await recover();
    await sealing.sealAll();
    await verifyAll();
  }

  /** A damaged day is one day's alarm: all other days go on. */
  async function goOnBeside(day: string): Promise<void> {
    const allowed = allowedRuns(perfectRuns(stage, "drain", older) + perfectRuns(stage, "rescan", older));
    const startedMs = time.now();
    for (let runs = 0; runs < allowed + MAX_WAITS; runs += 1) {
      await finished(start(calmPlan("drain")));
      await finished(start(calmPlan({ kind: "due" })));
      await time.runUntil(startedMs + (runs + 1) * HOUR_MS);
    }
    // An event of the odd day has its place in the stream on another day.
    const placeOf = ({ at }: Shown) => dayOf(msToInstant(Math.floor(at / 1000)));
    checkRescanned(stage, startedMs, (shown) => shown.event.day === day || placeOf(shown) === day);
  }

  /** Drains every ten minutes and a rescan every hour, until all that was due is done: in as many runs as it may take. */
  async function recover(): Promise<void> {
    const calmMs = time.now();
    const allowed = {
      drain: allowedRuns(perfectRuns(stage, "drain", older)),
      rescan: allowedRuns(perfectRuns(stage, "rescan", older)),
    };
    trace.note(`runs allowed: ${JSON.stringify(allowed)}`);
    const isDone = { drain: false, rescan: false };
    const runs = { drain: 0, rescan: 0 };
    const waits = { drain: 0, rescan: 0 };
    const shownInCalm = { drain: 0, rescan: 0 };
    const isShownInCalm = ({ visibleMs, event }: Shown): boolean =>
      visibleMs > calmMs && stage.auditor.ids.has(event.id);
    let rescannedMs = calmMs;
    let wasShown = false;
    for (let tick = 0; !isDone.drain || !isDone.rescan; tick += 1) {
      const tickMs = time.now();
      const isHour = tick % 6 === 0;
      if (!isDone.drain || isHour) isDone.drain = await drainOnce();
      if (isHour && !isDone.rescan) isDone.rescan = await rescanOnce();
      // Nothing happens until the next hour where only a rescan, or the hour of a doubt, is waited for.
      const isWaiting = isDone.drain && !isDone.rescan;
      if (isWaiting) while (tick % 6 !== 5) tick += 1;
      if (!isDone.drain || !isDone.rescan)
        await pass(Math.max(0, tickMs + (isWaiting ? HOUR_MS : 10 * MINUTE_MS) - time.now()), 0);
    }
    checkRescanned(stage, rescannedMs);
    stage.coverage.checkCovered(wasShown);

    async function drainOnce(): Promise<boolean> {
      const startedMs = time.now();
      const before = stage.saved.get(WORKSPACE)?.state;
      const run = start(calmPlan("drain"));
      if (!(await isOver("drain", run))) return false;
      checkDrained(stage, startedMs);
      const from = before === undefined ? null : tailFrom(before);
      const isByTime = run.requests.some(
        ({ offset, startAt, endAt }) => offset === undefined && endAt === undefined && startAt === from,
      );
      if (isByTime && from !== null) checkTail(stage, startedMs, from);
      const after = stage.saved.get(WORKSPACE)?.state;
      const isTailOnly = new Set(run.requests.map(({ startAt }) => startAt)).size === 1;
      if (isTailOnly && after !== undefined && after.watermark !== before?.watermark) checkGoesBack(after);
      return true;
    }

    async function rescanOnce(): Promise<boolean> {
      const startedMs = time.now();
      wasShown = (stage.saved.get(WORKSPACE)?.state.watermark ?? null) !== null;
      if (!(await isOver("rescan", start(calmPlan({ kind: "due" }))))) return false;
      rescannedMs = startedMs;
      return true;
    }

    async function isOver(kind: "drain" | "rescan", run: Run): Promise<boolean> {
      const startedMs = time.now();
      const outcome = await finished(run);
      const left = leftToRead(stage, kind, calmMs);
      const isCaughtUp = outcome.kind === "report" && outcome.report.outcome === "caught-up";
      // A doubt waits for its hour, and so does a run that was told not to come before.
      const error = outcome.kind === "error" ? outcome.error.kind : null;
      const isTooEarly = error === "unavailable" && run.requests.length === 0;
      const isInTime = time.now() - startedMs < world.budgetMs[kind];
      const isOfPage = error === "unavailable" || error === "invalid-response"; // so ends every run that meets a page which cannot be read
      const isAlarm = left.isUnreadable && isOfPage && isInTime && !isTooEarly;
      if ((isCaughtUp || isAlarm) && !left.isMore && !left.isDoubted && !left.isTried) {
        runs[kind] = 0; // the next hour's drain may read an hour again that takes it more than one run
        return true;
      }
      // What was shown late while it was calm, in what had been silent, makes the silence behind it new. What was there
      // before calm is found by one look, however much of it there is.
      const count = stage.stream.all.filter(isShownInCalm).length;
      if (count > shownInCalm[kind]) waits[kind] = 0;
      shownInCalm[kind] = count;
      if (isTooEarly) await pass(HOUR_MS, 0);
      const isWait = isTooEarly || (isCaughtUp && left.isDoubted && !left.isMore);
      const counts = isWait ? waits : runs;
      counts[kind] += 1;
      const tries = left.isUnreadable ? MAX_TRIES + Math.ceil(searchRuns(stage, kind)) : 0;
      const hours = MAX_WAITS + (stage.auditor.uncompared.size > 0 ? MAX_DOUBLE_WAITS : 0);
      const most = isTooEarly
        ? MAX_WAITS + MAX_CALM_WAITS
        : isWait
          ? hours * (kind === "drain" ? 6 : 1)
          : allowed[kind] + tries - 1;
      if (counts[kind] <= most) return false;
      trace.note(`${kind}: ${runs[kind]} runs and ${waits[kind]} waits, and not done`);
      refuse(judgeProgress(WORKSPACE, runs[kind] + 1, runs[kind]));
      throw new Error("unreachable");
    }
  }

  /** As whoever holds the archive does it. */
  async function verifyAll(): Promise<void> {
    const { archive, checkpoints } = stage;
    const { expireAfterDays } = world;
    const today = dayOf(msToInstant(time.now()));
    const isExpirable = (day: string) => mayBeExpired(day, expireAfterDays, today);
    const trust = sealing.trust();
    const options = { mayBeExpired: isExpirable, ...(trust && { trust }) };
    const report = await verify({ archive, checkpoints, codec }, options);
    refuse(report.faults.filter(({ key, line }) => !stage.auditor.uncompared.has(`${key} ${line}`)));
    const [untold] = sealing.untoldOf(report);
    if (untold !== undefined) stage.fail(new Violation("seals", `${untold.key}: ${untold.message}`));
    stopIfBroken();
  }

  /** Days pass without a fault, until the last rescan of what came in last. */
  async function growOld(): Promise<void> {
    for (let days = 0; days < 81; days += 9) {
      await pass(9 * DAY_MS, random.int(3));
      await recover();
      if (!hasExcused(stage)) break;
    }
    await sealing.sealAll();
    await verifyAll();
  }

  /** Nothing happens for longer than segments are kept; then something does. */
  async function outlive(days: number): Promise<void> {
    for (const quietDays of [5, days + 1 + random.int(20), 3]) {
      await pass(quietDays * DAY_MS, 0);
      emit(time.now() - HOUR_MS, time.now(), 1 + random.int(3));
      if (random.chance(0.5)) emitter.emitOdd(time.now());
      await recover();
      await sealing.sealAll();
    }
    await verifyAll();
  }

  async function pass(gapMs: number, events: number): Promise<void> {
    const fromMs = time.now();
    if (gapMs > 0) emit(fromMs, fromMs + gapMs, events);
    await time.runUntil(fromMs + gapMs);
    operator.expire();
    stopIfBroken();
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
    sealing.stop();
  }

  function stopIfBroken(): void {
    if (stage.violations.length > 0) throw stage.violations[0];
  }

  function drawPlan(): RunPlan {
    const version = strikes("deploy: another writer version") ? newer : older;
    // Without a place to go on from, what is due is 90 days: seldom, for it is always the same.
    const state = stage.saved.get(WORKSPACE)?.state;
    const isFirst = state === undefined || scheduledOf(state).settledThrough === null;
    const isRescan = random.chance(isFirst ? 0.02 : 0.2);
    const what = isRescan ? { kind: "due" as const } : "drain";
    return {
      what: strikes("operator: rescans a window") ? { kind: "last", ms: HOUR_MS * (1 + random.int(100)) } : what,
      ...version,
      timeMs: strikes("process: time is up early")
        ? 1000 * random.int(60)
        : world.budgetMs[isRescan ? "rescan" : "drain"],
    };
  }

  function calmPlan(what: RunPlan["what"]): RunPlan {
    return { what, ...older, timeMs: world.budgetMs[what === "drain" ? "drain" : "rescan"] };
  }

  /** In the order of the draws, which the seeds on record depend on. */
  function drawTold(): Pick<RunPlan, "settings" | "limits"> {
    const isLong = "pages" in world.history;
    const batch = {
      batchEvents: random.pick(isLong ? [20, 100, 100_000] : [1, 2, 5, 20, 100_000]),
      batchMinutes: random.pick([1 / 60, defaultRunSettings.batchMinutes]),
    };
    const limits = {
      batchDays: random.pick([1, 2, 16]),
      readers: random.pick([1, 2, 3, 8]),
      longFromPages: random.pick([2, 5, 50]),
      turnPages: random.pick([3, 10, 50]),
      sharePages: random.pick([2, 20]),
      maxIds: random.pick([0, 5, 200_000]),
    };
    const pageLimit = random.pick([null, null, null, 2, 100]);
    const offsetLifeMs = random.pick([15 * MINUTE_MS, 365 * DAY_MS]);
    return { settings: { ...batch, pageLimit }, limits: { ...limits, offsetLifeMs } };
  }
}
