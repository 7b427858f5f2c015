import type { ListedLog } from "../archive/inventory.ts";
import { lookAround, MAX_FAULTS_PER_LOG } from "../archive/verify.ts";
import type { LogTask } from "../archive/verify-log.ts";
import { logTask } from "../archive/verify-workspace.ts";
import type { ArchiveStore, CheckpointStore } from "../ports.ts";
import { NO_TRUST } from "../seal/verify-seals.ts";
import { archiveOf, checkpointsOf, encodeSnapshot, parseSnapshot, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { inventoryKey, keep, keepJson, type Portion, snapshotKey, tasksKey } from "./work.ts";

export interface PlanDeps {
  readonly archive: ArchiveStore;
  readonly checkpoints: CheckpointStore;
  /** The bucket of reports. */
  readonly work: ArchiveStore;
}

export interface PortionLimits {
  readonly storedBytes: number;
  readonly segments: number;
  readonly days: number;
}

/** About a million events each, so that portions end after a minute or two, and many small days cost one start. */
const LIMITS: PortionLimits = { storedBytes: 64 * 1024 * 1024, segments: 10_000, days: 92 };

export interface PlanOptions {
  readonly run: string;
  readonly mayBeExpired: (day: string) => boolean;
  readonly limits?: PortionLimits;
}

/** Writes down what there is to verify, in portions; returns how many these are. A day is never divided. Throws ArchiverError. */
export async function planVerification(
  { archive, checkpoints, work }: PlanDeps,
  { run, mayBeExpired, limits = LIMITS }: PlanOptions,
  signal?: AbortSignal,
): Promise<number> {
  const snapshot = await snapshotOf(archive, checkpoints, work, run, signal);
  const around = { archive: archiveOf(snapshot, archive), checkpoints: checkpointsOf(snapshot) };
  // Who may have signed a seal does not change which segments it names.
  const { claims, sealed, inventory } = await lookAround(around, {}, NO_TRUST, signal);
  const portions: Portion[] = [];
  for (const logs of divide(inventory.logs, limits)) {
    const { workspace, day: firstDay } = logs[0]!;
    const about = {
      claim: claims.get(workspace) ?? null,
      sealed: sealed.get(workspace) ?? null,
      mayBeExpired,
      maxFaultsPerLog: MAX_FAULTS_PER_LOG,
    };
    const portion = {
      run,
      portion: portions.length + 1,
      workspace,
      firstDay,
      lastDay: logs.at(-1)!.day,
      days: logs.length,
      segments: logs.reduce((sum, log) => sum + log.segments.length, 0),
      storedBytes: logs.reduce((sum, log) => sum + bytesOf(log), 0),
    };
    await keepJson(work, tasksKey(run, portion.portion), logs.map((log) => logTask(log, about)) satisfies LogTask[]);
    portions.push(portion);
  }
  await keep(work, inventoryKey(run), Buffer.from(portions.map((portion) => `${JSON.stringify(portion)}\n`).join("")));
  return portions.length;
}

/** All steps go by one snapshot: if this is another attempt at the plan, by that of the first. */
async function snapshotOf(
  archive: ArchiveStore,
  checkpoints: CheckpointStore,
  work: ArchiveStore,
  run: string,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const kept = await work.get(snapshotKey(run));
  if (kept !== null) return parseSnapshot(kept);
  const snapshot = await takeSnapshot(archive, checkpoints, signal);
  await keep(work, snapshotKey(run), encodeSnapshot(snapshot));
  return snapshot;
}

/** Logs of one workspace that follow each other, as many as one invocation can read in good time. */
function divide(logs: readonly ListedLog[], limits: PortionLimits): ListedLog[][] {
  const portions: ListedLog[][] = [];
  let [bytes, segments] = [0, 0];
  for (const log of logs) {
    const portion = portions.at(-1);
    bytes += bytesOf(log);
    segments += log.segments.length;
    const isFull = portion === undefined || portion.length === limits.days || portion[0]!.workspace !== log.workspace;
    if (!isFull && bytes <= limits.storedBytes && segments <= limits.segments) {
      portion.push(log);
      continue;
    }
    portions.push([log]);
    [bytes, segments] = [bytesOf(log), log.segments.length];
  }
  return portions;
}

const bytesOf = ({ segments }: ListedLog): number => segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
