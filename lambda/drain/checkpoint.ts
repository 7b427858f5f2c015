import { mergeRecentIds } from "../archive/overlap.ts";
import { ArchiverError } from "../errors.ts";
import type { Checkpoint, CheckpointState, CheckpointStore, LogEnd, Logger } from "../ports.ts";
import type { RunReport } from "./report.ts";
import { sorted } from "./spans.ts";

/** Hints are kept for this many of the newest days: a run writes to today, and around midnight to yesterday. */
export const HINT_DAYS = 3;
/** Ids are remembered for fewer of them: they are most of a checkpoint's bytes. */
const RECENT_DAYS = 2;
/** How often a move is tried again on what another run has made of the checkpoint meanwhile. */
const MAX_CONFLICTS = 3;

export const emptyCheckpoint: CheckpointState = Object.freeze({
  tail: { from: null, offset: null, failedRuns: 0 },
  watermark: null,
  spans: [],
  scheduled: { recentUntil: null, settledThrough: null, agedThrough: null },
  surveys: [],
  lost: [],
  hints: {},
  notBefore: null,
  blankRuns: 0,
});

/** What a run has done, as a pure function: it is applied again to what another run has stored meanwhile. */
export type CheckpointChange = (state: CheckpointState) => CheckpointState;

/** The checkpoint as this run knows it. Storing it is never needed for what is archived, so failing to is survived. */
export interface CheckpointMover {
  /** With all that this run has changed, stored or not. */
  readonly state: CheckpointState;
  /** Changes the state and stores it, with all that was not stored before. True when stored. */
  move(change: CheckpointChange): Promise<boolean>;
  /** Changes the state, to be stored by the next move: what is lost with it costs time only. */
  note(change: CheckpointChange): void;
}

export async function openCheckpoint(
  deps: { readonly checkpoints: CheckpointStore; readonly log: Logger },
  workspace: string,
  report: RunReport,
): Promise<CheckpointMover> {
  let stored: Checkpoint | null = await deps.checkpoints.read(workspace);
  let unsaved: CheckpointChange[] = [];
  let state = stored?.state ?? emptyCheckpoint;
  report.watermark = state.watermark;
  report.blankRuns = state.blankRuns;

  const apply = (from: CheckpointState, change: CheckpointChange): CheckpointState => {
    const next = change(from);
    return { ...next, spans: sorted(next.spans), hints: mergeHints(from.hints, next.hints) };
  };

  const store = async (): Promise<boolean> => {
    for (let conflicts = 0; conflicts <= MAX_CONFLICTS; conflicts += 1) {
      const [given, changes] = [state, unsaved.length]; // more may be noted meanwhile
      const outcome = await deps.checkpoints.move(workspace, given, stored?.version ?? null);
      if (outcome.kind === "moved") {
        stored = { version: outcome.version, state: given };
        unsaved = unsaved.slice(changes);
        report.checkpointMoves += 1;
        report.watermark = given.watermark;
        report.blankRuns = given.blankRuns;
        return true;
      }
      stored = outcome.current;
      state = unsaved.reduce(apply, stored?.state ?? emptyCheckpoint);
    }
    deps.log("info", "checkpoint left to another run", { workspace });
    return false;
  };

  const note = (change: CheckpointChange): void => {
    unsaved.push(change);
    state = apply(state, change);
  };

  const move = async (change: CheckpointChange): Promise<boolean> => {
    note(change);
    try {
      return await store();
    } catch (error) {
      if (!(error instanceof ArchiverError) || error.kind !== "unavailable") throw error;
      deps.log("warn", "checkpoint not moved", { workspace, reason: error.message });
      return false;
    }
  };

  let lastTurn: Promise<unknown> = Promise.resolve(); // readers side by side move it one after the other
  return {
    get state() {
      return state;
    },
    note,
    move: (change) => {
      const turn = lastTurn.then(() => move(change));
      lastTurn = turn.catch(() => undefined);
      return turn;
    },
  };
}

/**
 * A hint of an earlier run never takes the place of a later one. The ids of both are remembered: a run that was frozen
 * for hours finds the log's end again, but not the ids that others have archived meanwhile.
 */
function mergeHints(a: CheckpointState["hints"], b: CheckpointState["hints"]): CheckpointState["hints"] {
  if (a === b) return a;
  const merged: [string, LogEnd][] = [];
  for (const day of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().slice(-HINT_DAYS)) {
    const [before, after] = [a[day], b[day]];
    const [earlier, later] = before && (!after || before.number > after.number) ? [after, before] : [before, after];
    if (!later) continue;
    merged.push([day, { ...later, recentIds: mergeRecentIds(earlier?.recentIds ?? null, later.recentIds) }]);
  }
  const older = merged
    .slice(0, -RECENT_DAYS)
    .map(([day, hint]): [string, LogEnd] => [day, { ...hint, recentIds: null }]);
  return Object.fromEntries([...older, ...merged.slice(-RECENT_DAYS)]);
}
