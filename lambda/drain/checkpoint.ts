import { ArchiverError } from "../errors.ts";
import { compareInstants, type Instant, laterInstant } from "../event/instant.ts";
import type { Checkpoint, CheckpointState, CheckpointStore, DayHint, Log, RescanState } from "../ports.ts";
import { believableRescans, type RescanRules } from "./due.ts";
import type { RunReport } from "./report.ts";

/** Hints are kept for this many of the newest days: a run writes to today, and around midnight to yesterday. */
const HINT_DAYS = 3;

export const emptyCheckpoint: CheckpointState = Object.freeze({
  offset: null,
  watermark: null,
  hints: {},
  notBefore: null,
  blankRuns: 0,
  rescans: { recentUntil: null, settledThrough: null, agedThrough: null },
});

/** `present`: the source's clock, just read, and the rules; what rescans cannot have done by then is forgotten. */
export type CheckpointChange = Partial<CheckpointState> & {
  readonly present?: { readonly now: Instant; readonly rules: RescanRules };
};

/** The checkpoint as this run knows it. Moving it is never needed for what is archived, so failing to is survived. */
export interface CheckpointMover {
  readonly state: CheckpointState;
  /** Moves forward only. True when stored. */
  move(change: CheckpointChange): Promise<boolean>;
}

export async function openCheckpoint(
  deps: { readonly checkpoints: CheckpointStore; readonly log: Log },
  workspace: string,
  report: RunReport,
): Promise<CheckpointMover> {
  let current: Checkpoint | null = await deps.checkpoints.read(workspace);
  report.watermark = current?.state.watermark ?? null;
  report.blankRuns = current?.state.blankRuns ?? 0;

  const tryMove = async (change: CheckpointChange): Promise<"moved" | "conflict" | "behind"> => {
    const next = advance(current?.state ?? emptyCheckpoint, change);
    if (next === null) return "behind";
    const outcome = await deps.checkpoints.move(workspace, next, current?.version ?? null);
    if (outcome.kind === "conflict") {
      current = outcome.current;
      return "conflict";
    }
    current = { version: outcome.version, state: next };
    report.checkpointMoves += 1;
    report.watermark = next.watermark;
    report.blankRuns = next.blankRuns;
    return "moved";
  };

  const move = async (change: CheckpointChange): Promise<boolean> => {
    try {
      // After a conflict, once more on what is there now; whoever is further ahead stays.
      const outcome = await tryMove(change);
      // Stryker disable next-line ConditionalExpression,StringLiteral: left out, the lines below come to the same
      if (outcome === "moved") return true;
      // Stryker disable next-line ConditionalExpression: what is behind once is behind again
      const second = outcome === "conflict" ? await tryMove(change) : outcome;
      if (second !== "moved") deps.log("info", "checkpoint left to another run", { workspace, outcome: second });
      return second === "moved";
    } catch (error) {
      if (!(error instanceof ArchiverError) || error.kind !== "unavailable") throw error;
      deps.log("warn", "checkpoint not moved", { workspace, reason: error.message });
      return false;
    }
  };

  let lastTurn: Promise<unknown> = Promise.resolve(); // windows side by side move it one after the other
  return {
    get state() {
      return current?.state ?? emptyCheckpoint;
    },
    move: (change) => {
      const turn = lastTurn.then(() => move(change));
      lastTurn = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** The state after a change; null when it would take the watermark back. Hints and rescans are merged, never lost. */
export function advance(state: CheckpointState, { present, ...change }: CheckpointChange): CheckpointState | null {
  if (change.watermark !== undefined && isOlder(change.watermark, state.watermark)) return null;
  const rescans = present === undefined ? state.rescans : believableRescans(state.rescans, present.now, present.rules);
  return {
    ...state,
    ...change,
    hints: mergeHints(state.hints, change.hints ?? {}),
    rescans: mergeRescans(rescans, change.rescans ?? rescans),
  };
}

function isOlder(a: Instant | null, b: Instant | null): boolean {
  if (b === null) return false;
  return a === null || compareInstants(a, b) < 0;
}

function mergeHints(
  a: Readonly<Record<string, DayHint>>,
  b: Readonly<Record<string, DayHint>>,
): Record<string, DayHint> {
  const merged: [string, DayHint][] = [];
  for (const day of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().slice(-HINT_DAYS)) {
    const [before, after] = [a[day], b[day]];
    const hint = before && (!after || before.number > after.number) ? before : after;
    // Stryker disable next-line ConditionalExpression: a day is a key of one of the two, so there is a hint; the compiler does not know
    if (hint) merged.push([day, hint]);
  }
  return Object.fromEntries(merged);
}

function mergeRescans(a: RescanState, b: RescanState): RescanState {
  return {
    recentUntil: laterInstant(a.recentUntil, b.recentUntil),
    settledThrough: laterDay(a.settledThrough, b.settledThrough),
    agedThrough: laterDay(a.agedThrough, b.agedThrough),
  };
}

function laterDay(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  // Stryker disable next-line EqualityOperator: where the two are equal, either is the same day
  return a > b ? a : b;
}
