/**
 * Where Lambda comes in to seal: one invocation seals what has become due in every workspace, and then has the newest seals
 * stamped. A workspace that cannot be sealed does not keep others from it, and the invocation then fails at its end. That
 * a seal could not be stamped fails nothing: the next sealing tries again, and an alarm tells of it in time.
 */
import type { Context } from "aws-lambda";
import { STAMP_PATIENCE_DAYS } from "./contract.ts";
import { ArchiverError } from "./errors.ts";
import { DAY_MS, instantToMs } from "./event/instant.ts";
import type { SealReport } from "./seal/sealer.ts";
import type { StampReport } from "./seal/stamp-newest.ts";
import { openSealing, type Sealing } from "./sealer-dependencies.ts";
import { createFunctionParts } from "./telemetry/function-parts.ts";
import { describeError } from "./telemetry/log.ts";
import { addSealingMetrics, addStampMetric } from "./telemetry/metrics.ts";

/** What an invocation answers: how far each workspace is sealed. */
export interface SealingResult {
  readonly reports: readonly SealReport[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export function createSealerHandler(environment: Environment, open: typeof openSealing) {
  const { powertools, metrics, log, handlerOf } = createFunctionParts(environment);

  async function run(_event: unknown, _context: Context, { signal }: { signal: AbortSignal }): Promise<SealingResult> {
    try {
      const sealing = await open(environment, log);
      return await sealAll(sealing, signal);
    } catch (error) {
      log("error", "the sealing failed", { error: describeError(error) });
      throw error;
    }
  }

  async function sealAll(sealing: Sealing, signal: AbortSignal): Promise<SealingResult> {
    const reports: SealReport[] = [];
    const failures: unknown[] = [];
    let incomplete = 0;
    let doubled = 0;
    for (const workspace of sealing.workspaces) {
      if (signal.aborted) break;
      powertools.appendKeys({ workspace });
      try {
        const report = await sealOne(sealing, workspace, signal, ({ incompleteDays, doubledDays }) => {
          if (!sealing.retired.has(workspace)) incomplete += incompleteDays.length;
          doubled += doubledDays.length;
        });
        if (signal.aborted) break;
        reports.push(report);
      } catch (error) {
        failures.push(error);
        log("error", "the workspace could not be sealed", { error: describeError(error) });
      }
    }
    powertools.removeKeys(["workspace"]);
    const isSealed = new Set(
      reports.filter(({ dueDays }) => dueDays <= WAITING_DAYS).map(({ workspace }) => workspace),
    );
    const values = {
      unsealed: sealing.workspaces.filter((workspace) => !isSealed.has(workspace)).length,
      halted: failures.filter(isHalt).length + doubled,
      incomplete,
    };
    addSealingMetrics(metrics, values, sealing.clock.now());
    await stampAll(sealing, reports, signal);
    if (signal.aborted) log("warn", "the sealing ran out of time");
    log("info", "the sealing ended", { reports });
    // All of them are in the log; whoever reads only the failed invocation should see first what needs a person.
    if (failures.length > 0) throw failures.find(isHalt) ?? failures[0];
    return { reports };
  }

  /** Seals and tells of each seal, until there is nothing more to do. */
  async function sealOne(
    sealing: Sealing,
    workspace: string,
    signal: AbortSignal,
    onReport: (report: SealReport) => void,
  ): Promise<SealReport> {
    const change = await sealing.takeOver(workspace, signal);
    if (change !== null) {
      log("warn", "another key signs from now on", { ...change });
      await sealing.publish(workspace, change);
    }
    for (;;) {
      const report = await sealing.seal(workspace, signal);
      onReport(report);
      for (const seal of report.sealed) {
        log("info", "sealed", { ...seal });
        await sealing.publish(workspace, seal);
      }
      // What kept it from going on is met again at once, and thrown if it is still there.
      if (report.halted === null || signal.aborted) return report;
      log("warn", "sealing is tried again", { ...report.halted });
    }
  }

  /** After all sealing, so that no seal waits for an authority. Reports nothing where time did not do for all workspaces. */
  async function stampAll(
    { stamp, clock }: Sealing,
    reports: readonly SealReport[],
    signal: AbortSignal,
  ): Promise<void> {
    if (stamp === null) return;
    let unstamped = 0;
    for (const { workspace, newest } of reports) {
      if (newest === null) continue;
      if (signal.aborted) return;
      try {
        if (isUnstamped(await stamp(workspace, newest, signal), clock.now())) unstamped += 1;
      } catch (error) {
        if (signal.aborted) return;
        unstamped += 1;
        log("error", "whether a stamp is due could not be told", { workspace, error: describeError(error) });
      }
    }
    addStampMetric(metrics, unstamped, clock.now());
  }

  return handlerOf(run);
}

/** The day that settled last may still wait for the rescan that completes its look: it is sealed a day later. */
const WAITING_DAYS = 1;

/** Where no authority fails, none is due. */
const isUnstamped = ({ failures, newestAt }: StampReport, nowMs: number): boolean =>
  failures.length > 0 && (newestAt === null || nowMs - instantToMs(newestAt) >= STAMP_PATIENCE_DAYS * DAY_MS);

const isHalt = (error: unknown): boolean => error instanceof ArchiverError && error.kind === "halted";

export const sealer = createSealerHandler(process.env, openSealing);
