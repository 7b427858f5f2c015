/**
 * Where Lambda comes in to verify a whole archive: a step of the state machine at each invocation, and every day a look at
 * the newest report, so that an alarm tells of a verification that found something or did not take place.
 */
import type { Context } from "aws-lambda";
import { mayBeExpired } from "./archive/invariants.ts";
import { readVerifierInput } from "./config.ts";
import type { VerifierInput } from "./contract.ts";
import { ArchiverError } from "./errors.ts";
import { dayOf, type Instant, msToInstant, parseInstant } from "./event/instant.ts";
import { NO_TRUST } from "./seal/verify-seals.ts";
import { createFunctionParts } from "./telemetry/function-parts.ts";
import { describeError } from "./telemetry/log.ts";
import { addVerificationMetric } from "./telemetry/metrics.ts";
import { type Gathered, gather } from "./verification/gather.ts";
import { planVerification } from "./verification/plan.ts";
import {
  keepReport,
  lookAtReports,
  problemOf,
  type VerificationProblem,
  type VerificationReport,
} from "./verification/verification-report.ts";
import { verifyPortion } from "./verification/verify-portion.ts";
import { inventoryKey } from "./verification/work.ts";
import { openVerification, type Verification } from "./verifier-dependencies.ts";

/** What the state machine goes on with, or what a person reads who has started a step. */
export type VerifierResult =
  | { readonly portions: number; readonly inventory: string }
  | { readonly segments: number; readonly events: number; readonly faults: number; readonly unread: number }
  | { readonly outcome: VerificationReport["outcome"]; readonly faults: number; readonly report: string }
  | { readonly problem: VerificationProblem };

type Environment = Readonly<Record<string, string | undefined>>;

/** `open` is called at the first step, and again after a call that threw: what it opens serves all steps of a warm function. */
export function createVerifierHandler(environment: Environment, open: typeof openVerification) {
  const { archiveName, powertools, metrics, log, handlerOf } = createFunctionParts(environment);
  let opened: Verification | null = null;

  async function run(event: unknown, _context: Context, { signal }: { signal: AbortSignal }): Promise<VerifierResult> {
    try {
      const input = readVerifierInput(event);
      powertools.appendKeys({ task: input.task, ...("run" in input && { run: input.run }) });
      opened ??= open(environment, log);
      const result = await perform(opened, input, signal);
      log("info", "the step ended", { result });
      return result;
    } catch (error) {
      log("error", "the step failed", { error: describeError(error) });
      throw signal.aborted ? outOfTime() : error;
    }
  }

  async function perform(parts: Verification, input: VerifierInput, signal: AbortSignal): Promise<VerifierResult> {
    if (input.task === "look") return await look(parts);
    if (input.task === "portion") {
      const { results } = await verifyPortion(parts, input.run, input.portion, signal);
      const sum = (figure: (log: (typeof results)[number]) => number) =>
        results.reduce((total, log) => total + figure(log), 0);
      return {
        segments: sum(({ segments }) => segments),
        events: sum(({ events }) => events),
        faults: sum(({ faultCount }) => faultCount),
        unread: sum(({ unread }) => unread.length),
      };
    }
    const began = parseInstant(input.began)!;
    const isExpired = (day: string) => mayBeExpired(day, parts.expireAfterDays, dayOf(began));
    if (input.task === "report") return await report(parts, { ...input, began }, isExpired, signal);
    const portions = await planVerification(parts, { run: input.run, mayBeExpired: isExpired }, signal);
    return { portions, inventory: inventoryKey(input.run) };
  }

  async function report(
    parts: Verification,
    input: { readonly run: string; readonly began: Instant; readonly failure?: unknown },
    isExpired: (day: string) => boolean,
    signal: AbortSignal,
  ): Promise<VerifierResult> {
    const { run, began, failure } = input;
    const gathered = failure === undefined ? await gatherAll() : null;
    const ended = msToInstant(parts.clock.now());
    const head = { format: 1, archiveName, run, began, ended, workMs: gathered?.workMs ?? 0 } as const;
    const made: VerificationReport = { ...head, ...(gathered?.report ?? failedWith(failure)) };
    const key = await keepReport(parts.work, made);
    const problem = problemOf(made);
    if (problem !== null) log("error", "the archive is not verified", { problem, report: key });
    addVerificationMetric(metrics, problem === null, parts.clock.now());
    return { outcome: made.outcome, faults: made.faultCount, report: key };

    async function gatherAll(): Promise<Gathered> {
      const trust = { ...NO_TRUST, keys: await parts.readKeys() };
      return await gather(parts, run, { mayBeExpired: isExpired, trust }, signal);
    }
  }

  async function look({ work, clock, everyDays }: Verification): Promise<VerifierResult> {
    const problem = await lookAtReports(work, everyDays, clock.now());
    if (problem !== null) log("error", "the archive is not verified", { ...problem });
    addVerificationMetric(metrics, problem === null, clock.now());
    return { problem };
  }

  return handlerOf(run);
}

/** Enough to tell what failed; the execution has all of it. */
const MAX_REASON = 2_000;

const failedWith = (failure: unknown) =>
  ({ outcome: "failed", faultCount: 0, reason: JSON.stringify(failure).slice(0, MAX_REASON) }) as const;

const outOfTime = (): ArchiverError =>
  new ArchiverError("unavailable", "The step did not end within the time that Lambda gives it.", {
    advice: "If a single day is too large for it, verify at the desk, where nothing limits the time.",
  });

export const verifier = createVerifierHandler(process.env, openVerification);
