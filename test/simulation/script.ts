/** What the rows are written with: a stage, what the source shows, when it lies, and which runs there are. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lambda/event/instant.ts";
import { encodeHeader } from "../../lambda/segment/header.ts";
import type { Decide } from "./draw-fault.ts";
import type { Episode, LieForm } from "./lies.ts";
import { type Run, type RunPlan, startRun } from "./run.ts";
import { createStage, type Stage } from "./stage.ts";
import { type Micros, spellEvent } from "./stream.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

export type Told = Pick<RunPlan, "settings" | "limits">;

export const NOON_MS = Date.parse("2026-05-02T12:00:00.000Z");
/** Windows from the second page on, so that a small history has them. */
export const TOLD: Told = {
  settings: { batchEvents: 20 },
  limits: { longFromPages: 2, turnPages: 3 },
};
/** Runs that read some twenty pages per reader. */
export const SHORT_RUNS: Partial<World> = { pageMs: 2000, budgetMs: { drain: 45_000, rescan: 45_000 } };

export interface Row {
  /** What must hold, as a sentence. */
  readonly rule: string;
  play(): Promise<void>;
}

export function stageOf(pageSize: number, world: Partial<World> = {}): Stage {
  return createStage(1, false, { startMs: NOON_MS, pageSize, world });
}

export function show({ stream }: Stage, gid: string, ms: number, lateMs = 0): void {
  stream.add({
    ...spellEvent({ gid, createdAt: new Date(ms).toISOString() }),
    at: ms * 1000,
    visibleMs: ms + lateMs,
    lateMs,
  });
}

export function spread(stage: Stage, fromMs: number, untilMs: number, count: number): void {
  for (let place = 0; place < count; place += 1) {
    show(stage, `${untilMs}-${place}`, fromMs + Math.floor(((untilMs - fromMs) * place) / count));
  }
}

/** `region`: of events, in milliseconds. `skips`: the offset of an empty page is behind what it did not show. */
export function lie(
  stage: Stage,
  form: LieForm,
  afterMs: number,
  lastsMs: number,
  region = [0, 0],
  skips = false,
): void {
  const fromMs = stage.time.now() + afterMs;
  const [from, until] = region.map((ms) => ms * 1000) as [number, number];
  const lasts = { fromMs, untilMs: fromMs + lastsMs, share: 1 };
  stage.episodes.push({ form, ...lasts, from, until, skips, isInvalid: false } satisfies Episode);
}

/** Up to `untilMs`, no page can be read that has an event of this millisecond. */
export function makeUnreadable(
  stage: Stage,
  place: Micros,
  untilMs = Number.POSITIVE_INFINITY,
  isInvalid = true,
): void {
  const ends = { fromMs: 0, untilMs, share: 1, skips: false };
  stage.episodes.push({ form: "unreadable", ...ends, from: place, until: place + 1000, isInvalid });
}

/** Damages every segment of the day. */
export function damageDay({ objects }: Stage, dayMs: number): void {
  const day = new Date(dayMs).toISOString().slice(0, 10);
  for (const [key, bytes] of objects) {
    if (key.startsWith("events/") && key.includes(day))
      objects.set(key, encodeHeader(Buffer.from("{}")).subarray(0, bytes.length));
  }
}

export const plan = (what: RunPlan["what"], { world }: Stage, told = TOLD, decide: Decide = () => null): RunPlan => ({
  what,
  ...told,
  writer: "1.0.0",
  timeMs: world.budgetMs[what === "drain" ? "drain" : "rescan"],
  decide,
});

/** A drain every ten minutes. */
export async function drains(stage: Stage, count: number, told = TOLD, gapMs = 10 * MINUTE_MS): Promise<Run[]> {
  return await runs(stage, "drain", count, told, gapMs);
}

/** A rescan every hour. */
export async function rescans(stage: Stage, count: number, told = TOLD, gapMs = HOUR_MS): Promise<Run[]> {
  return await runs(stage, { kind: "due" }, count, told, gapMs);
}

async function runs(stage: Stage, what: RunPlan["what"], count: number, told: Told, gapMs: number): Promise<Run[]> {
  const ended: Run[] = [];
  while (ended.length < count) {
    const tickMs = stage.time.now();
    ended.push(await finish(stage, startRun(stage, `run-${tickMs}`, plan(what, stage, told))));
    await stage.time.runUntil(tickMs + gapMs);
  }
  return ended;
}

/** Six drains and a rescan every hour. */
export async function hours(stage: Stage, count: number, told = TOLD): Promise<void> {
  for (let hour = 0; hour < count; hour += 1) {
    const rescan = startRun(stage, `rescan-${stage.time.now()}`, plan({ kind: "due" }, stage, told));
    await drains(stage, 6, told);
    await finish(stage, rescan);
  }
}

export async function finish(stage: Stage, run: Run): Promise<Run> {
  await stage.time.runWhile(() => run.outcome === null, stage.time.now() + DAY_MS);
  if (stage.violations[0] !== undefined) throw stage.violations[0];
  return run;
}

export function demandAll(
  { stream, auditor, violations, time }: Stage,
  isLeftOut = (_: number): boolean => false,
): void {
  if (violations[0] !== undefined) throw violations[0];
  const missing = stream.all.filter(
    ({ at, event, visibleMs }) => visibleMs <= time.now() && !auditor.ids.has(event.id) && !isLeftOut(at),
  );
  if (missing.length > 0) {
    throw new Violation(
      "I1",
      `${missing.length} of ${stream.all.length} events are missing, as ${missing[0]!.event.id}`,
    );
  }
}
